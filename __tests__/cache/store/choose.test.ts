import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { getCacheServiceVersion } from '../../../node_modules/@actions/cache/lib/internal/config.js'
import { chooseBackend, chooseStore } from '../../../src/cache/store/choose.ts'
import { serviceVersion } from '../../../src/cache/store/service-version.ts'
import { startVersion1CacheServer } from '../../../testbed/version1-cache-server.ts'
// What @actions/cache decides with: it exports only `isFeatureAvailable`.
import { programVariables } from '../../environment.ts'
import { contentOf, packFolder, randomEntry } from '../../harness/random-entries.ts'
import { temporaryFolder } from '../../temporary.ts'

const results = 'https://results.example.com/'
const older = 'http://cache.example.com:8088/'

/** What the runner of a server sets. */
const servers = {
  'github.com': { GITHUB_SERVER_URL: 'https://github.com', ACTIONS_CACHE_SERVICE_V2: 'True' },
  'github.com, in capitals': { GITHUB_SERVER_URL: 'https://GitHub.com', ACTIONS_CACHE_SERVICE_V2: 'True' },
  'GitHub Enterprise Cloud with data residency': {
    GITHUB_SERVER_URL: 'https://octo.ghe.com',
    ACTIONS_CACHE_SERVICE_V2: 'True',
  },
  'a runner that sets no server': { ACTIONS_CACHE_SERVICE_V2: 'True' },
  'GitHub Enterprise Server': { GITHUB_SERVER_URL: 'https://github.corp.example' },
  'GitHub Enterprise Server with the variable of version 2': {
    GITHUB_SERVER_URL: 'https://github.corp.example',
    ACTIONS_CACHE_SERVICE_V2: 'True',
  },
  'a host that ends like that of GitHub': {
    GITHUB_SERVER_URL: 'https://notgithub.com',
    ACTIONS_CACHE_SERVICE_V2: 'True',
  },
  act: { GITHUB_SERVER_URL: 'https://github.com' },
  Forgejo: { GITHUB_SERVER_URL: 'https://codeberg.org' },
  Gitea: { GITHUB_SERVER_URL: 'https://gitea.example.com' },
  'Gitea with version 2': {
    GITHUB_SERVER_URL: 'https://gitea.example.com',
    ACTIONS_CACHE_SERVICE_V2: 'true',
  },
  'Gitea, after an action that exports the variable': {
    GITHUB_SERVER_URL: 'https://gitea.example.com:3000/path',
    ACTIONS_CACHE_SERVICE_V2: 'on',
  },
} as const

const direct = [
  'github.com',
  'github.com, in capitals',
  'GitHub Enterprise Cloud with data residency',
  'a runner that sets no server',
]

describe('chooseBackend', () => {
  test.each(Object.entries(servers))(
    'with `auto` decides for %s as @actions/cache does',
    (name, variables) => {
      const backend = chooseBackend(
        { ...variables, ACTIONS_RESULTS_URL: results, ACTIONS_CACHE_URL: older },
        'auto',
      )
      expect(backend).toBe(direct.includes(name) ? 'github' : 'toolkit')
      for (const one of ['GITHUB_SERVER_URL', 'ACTIONS_CACHE_SERVICE_V2']) vi.stubEnv(one, undefined)
      for (const [one, value] of Object.entries(variables)) vi.stubEnv(one, value)
      onTestFinished(() => void vi.unstubAllEnvs())
      expect(serviceVersion(variables)).toBe(getCacheServiceVersion())
    },
  )

  test('uses version 1 when the server has no valid address', () => {
    const variables = { GITHUB_SERVER_URL: 'nowhere', ACTIONS_CACHE_SERVICE_V2: 'True' }
    expect(chooseBackend(variables, 'auto')).toBe('toolkit')
  })

  test.each(['github', 'toolkit'] as const)('obeys `%s` everywhere', (backend) => {
    for (const variables of Object.values(servers)) expect(chooseBackend(variables, backend)).toBe(backend)
  })
})

/** Starts a server that does not speak version 2. */
async function foreignServer(listener: RequestListener) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    asked,
    variables: { ACTIONS_RESULTS_URL: url, ACTIONS_CACHE_SERVICE_V2: 'True', ...programVariables() },
  }
}

const notFound: RequestListener = (_, response) => void response.writeHead(404).end('<html>Not found</html>')
const words = 'the server of ACTIONS_RESULTS_URL does not speak version 2 of the cache service: it answers'

describe('a server that does not speak version 2, although its runner says so', () => {
  test('gets version 1 where the runner offers it: one request of version 2 in a step', async () => {
    const server = await startVersion1CacheServer('act', temporaryFolder())
    onTestFinished(() => server.stop())
    const { asked, variables } = await foreignServer(notFound)
    const store = chooseStore({ ...server.environment(), ...variables }, temporaryFolder())
    expect(await store.holds('key')).toEqual({ kind: 'nothing', message: '' })
    const { source, content } = randomEntry()
    expect(await store.save('key', source, packFolder())).toMatchObject({ kind: 'saved' })
    const back = path.join(temporaryFolder(), 'entry')
    const restored = await store.restore('key-2', ['ke'], back)
    expect(restored).toMatchObject({ kind: 'restored', key: 'key' })
    expect('entry' in restored && (await contentOf(restored.entry)).equals(content)).toBe(true)
    expect(asked).toHaveLength(1)
  })

  test('gets version 1 in a restore, too', async () => {
    const server = await startVersion1CacheServer('gitea', temporaryFolder())
    onTestFinished(() => server.stop())
    const { variables } = await foreignServer(notFound)
    const before = chooseStore({ ...programVariables(), ...server.environment() }, temporaryFolder())
    const { source, content } = randomEntry()
    expect(await before.save('key', source, packFolder())).toMatchObject({ kind: 'saved' })
    const github = { GITHUB_SERVER_URL: 'https://github.com' }
    const store = chooseStore({ ...server.environment(), ...variables, ...github }, temporaryFolder())
    const back = path.join(temporaryFolder(), 'entry')
    const restored = await store.restore('key', [], back)
    expect(restored).toMatchObject({ kind: 'restored', key: 'key' })
    expect('entry' in restored && (await contentOf(restored.entry)).equals(content)).toBe(true)
  })

  test.each<[string, RequestListener, string]>([
    ['has no such address', notFound, '404'],
    [
      'has no such address, in JSON',
      (_, response) => void response.writeHead(404).end('{"message":"no"}'),
      '404',
    ],
    [
      'does not know the method of twirp',
      (_, response) => void response.writeHead(404).end('{"code":"bad_route","msg":"no"}'),
      '404',
    ],
    ['takes no POST', (_, response) => void response.writeHead(405).end(), '405'],
    [
      'redirects to a sign-in page',
      (_, response) => void response.writeHead(303, { location: '/login' }).end(),
      '303',
    ],
    ['answers a number', (_, response) => void response.end('1'), 'something other than a result'],
  ])('fails with the reason where the runner offers no version 1: it %s', async (_, listener, what) => {
    const { variables } = await foreignServer(listener)
    const store = chooseStore(variables, temporaryFolder())
    const failure = { kind: 'failed', why: `${words} ${what}. \`cache-backend: toolkit\` uses version 1` }
    expect(await store.holds('key')).toEqual(failure)
    expect(await store.restore('key', [], path.join(temporaryFolder(), 'entry'))).toEqual(failure)
    expect(await store.save('key', randomEntry().source, packFolder())).toEqual(failure)
  })

  test('is not taken for one when the service itself answers an error', async () => {
    const { asked, variables } = await foreignServer(
      (_, response) => void response.writeHead(404).end('{"code":"not_found","msg":"no cache"}'),
    )
    const store = chooseStore({ ...variables, ACTIONS_CACHE_URL: 'http://127.0.0.1:9/' }, temporaryFolder())
    for (let count = 1; count <= 2; count++) {
      expect(await store.holds('key')).toMatchObject({
        kind: 'failed',
        why: expect.stringMatching(/no cache/),
      })
      expect(asked).toHaveLength(count)
    }
  })

  test('is used anyway with `cache-backend: github`', async () => {
    const { variables } = await foreignServer(notFound)
    const store = chooseStore({ ...variables, ACTIONS_CACHE_URL: older }, temporaryFolder(), 'github')
    expect(await store.holds('key')).toMatchObject({ kind: 'failed', why: expect.stringContaining(words) })
  })
})

test('a cache address without a slash at its end works, as some runners pass it on', async () => {
  const server = await startVersion1CacheServer('gitea', temporaryFolder())
  onTestFinished(() => server.stop())
  const { ACTIONS_CACHE_URL = '', ...others } = server.environment()
  const variables = { ...programVariables(), ...others, ACTIONS_CACHE_URL: ACTIONS_CACHE_URL.slice(0, -1) }
  const store = chooseStore(variables, temporaryFolder())
  expect(await store.holds('key')).toEqual({ kind: 'nothing', message: '' })
})
