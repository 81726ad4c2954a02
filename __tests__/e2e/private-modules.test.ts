import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sshSecrets } from '../../src/inputs/ssh-keys.ts'
import { startAthens } from '../../testbed/athens.ts'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { startGitServer } from '../../testbed/git-server.ts'
import { makeSshKey } from '../../testbed/ssh-key.ts'
import { noSshServer, startSshServer } from '../../testbed/ssh-server.ts'
import { smallRepository } from '../bundle/whole-job.ts'
import { type MadeModule, madeModule, publish } from '../golden/modules.ts'
import { type Certificate, makeCertificate } from '../golden/self-signed.ts'
import { actJob, annotations, step } from '../harness/act-job.ts'
import { type Bed, startBed } from '../harness/bed.ts'
import { leaks, secretForms } from '../harness/leaks.ts'
import { unpackEntries } from '../harness/unpacked-entries.ts'
import { writeFiles } from '../temporary.ts'

/** A route to a private module, and what a workflow needs for it. */
interface Way {
  readonly module: MadeModule
  /** Inputs that only this route needs. */
  readonly with: Readonly<Record<string, string>>
  /** A line of the input `credentials`. */
  readonly credentials?: string
  readonly env: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  /** Counts the requests on this route with the correct secret. */
  readonly opened: () => number
}

/** From a git server behind TLS and a token, at an address that git rewrites from github.com. */
async function byToken(bed: Bed, certificate: Certificate): Promise<Way> {
  const module = madeModule('github.com/acme/one', 'v1.0.0')
  const token = 'ghp_Token+Secret/1234567890'
  const [source, repositories] = [path.join(bed.folder, 'source'), path.join(bed.folder, 'repositories')]
  writeFiles(source, module.files)
  mkdirSync(path.join(repositories, 'acme'), { recursive: true })
  await createRepository(source, path.join(repositories, 'acme/one'))
  await git(path.join(repositories, 'acme/one'), 'tag', module.version)
  const passwords = { acme: `x-access-token:${token}` }
  const server = await startGitServer({ ...certificate, folder: repositories, passwords })
  onTestFinished(server.stop)
  return {
    module,
    with: { goprivate: 'github.com/acme/*' },
    credentials: `${server.host}/acme $\{{ secrets.GIT_TOKEN }}`,
    env: {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.https://${server.host}/.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://github.com/',
    },
    secrets: { GIT_TOKEN: token },
    opened: () =>
      server.requests.filter(({ status, given }) => status === 200 && given.includes(token)).length,
  }
}

/** Through an Athens behind TLS and a password. */
async function throughAthens(bed: Bed, certificate: Certificate): Promise<Way> {
  const module = madeModule('corp.example.com/two', 'v1.0.0')
  const password = 'Athens+Secret/1234567890'
  const upstream = path.join(bed.folder, 'upstream')
  publish(upstream, module)
  const folder = path.join(bed.folder, 'athens')
  const athens = await startAthens({ folder, upstream, tls: certificate, password: `robot:${password}` })
  onTestFinished(athens.stop)
  return {
    module,
    with: { goproxy: athens.url, gonosumdb: 'corp.example.com/*' },
    credentials: `${athens.host} robot $\{{ secrets.ATHENS_PASSWORD }}`,
    env: {},
    secrets: { ATHENS_PASSWORD: password },
    opened: () => athens.requests().filter(({ status }) => status === 200).length,
  }
}

/** With a deploy key from a server behind ssh. */
async function byKey(bed: Bed): Promise<Way> {
  const module = madeModule('github.com/team/three', 'v1.0.0')
  const folder = path.join(bed.folder, 'by-key')
  writeFiles(path.join(folder, 'source'), module.files)
  await createRepository(path.join(folder, 'source'), path.join(folder, 'repository'))
  await git(path.join(folder, 'repository'), 'tag', module.version)
  const key = await makeSshKey(folder, 'deploy')
  const server = await startSshServer({
    repositories: { 'team/three': path.join(folder, 'repository') },
    keys: [{ publicKey: key.publicKey, opens: ['team/three'] }],
  })
  onTestFinished(server.stop)
  return {
    module,
    with: {
      // For all routes over git.
      goprivate: 'github.com/acme/*,github.com/team/*',
      'ssh-private-key': `|\n            ${module.path} ${server.url}\n            \${{ secrets.DEPLOY_KEY }}`,
      'ssh-known-hosts': JSON.stringify(server.knownHosts),
    },
    env: {},
    secrets: { DEPLOY_KEY: key.privateKey },
    opened: () => server.sessions().length,
  }
}

/**
 * An action whose post step runs last, because it is the first step: it copies files of the job before act removes
 * them.
 * @param kept absolute path of the folder to copy to
 */
const evidence = (kept: string) => ({
  '.github/actions/evidence/action.yml':
    'name: evidence\nruns:\n  using: node24\n  main: main.mjs\n  post: post.mjs\n',
  '.github/actions/evidence/main.mjs': '',
  '.github/actions/evidence/post.mjs': [
    "import { cpSync } from 'node:fs'",
    "for (const name of ['GITHUB_WORKSPACE', 'RUNNER_TEMP'])",
    `  cpSync(process.env[name], \`${kept}/\${name}\`, { recursive: true, verbatimSymlinks: true })`,
    '',
  ].join('\n'),
})

test('a job downloads private modules with a token, with a key and through Athens, and leaves no secret behind', async (context) => {
  const bed = await startBed()
  const certificate = await makeCertificate(bed.folder)
  const absent = noSshServer()
  context.skip(absent !== undefined, absent)
  const ways = [await byToken(bed, certificate), await throughAthens(bed, certificate), await byKey(bed)]
  const kept = path.join(bed.folder, 'kept')
  const modules = ways.map(({ module }) => module)
  await bed.repository(undefined, { ...smallRepository('app', modules), ...evidence(kept) })
  const inputs = Object.entries(Object.assign({}, ...ways.map((way) => way.with)) as Record<string, string>)
  const steps = [
    '      - uses: ./.github/actions/evidence',
    '      - uses: org/go-deps-action@v0',
    '        with:',
    ...inputs.map(([name, value]) => `          ${name}: ${value}`),
    `          ca-certificate: ${certificate.file}`,
    '          export-credentials: true',
    '          credentials: |',
    ...ways.flatMap(({ credentials }) => (credentials === undefined ? [] : [`            ${credentials}`])),
    '      - run: GOPROXY=off go build ./... && env',
    // A later step can download them, too.
    '      - run: GOMODCACHE=$RUNNER_TEMP/again go mod download -modcacherw && go mod verify',
  ].join('\n')
  const secrets = Object.assign({}, ...ways.map((way) => way.secrets)) as Record<string, string>
  const env = Object.assign({ RUNNER_DEBUG: '1' }, ...ways.map((way) => way.env)) as Record<string, string>
  const result = await actJob(bed, steps, { secrets, env })

  expect(result.exitCode, result.output).toBe(0)
  // The log names what was downloaded.
  const { log } = step(result, 'org/go-deps-action@v0')
  for (const { path: name, version } of modules) expect(log).toContain(`\n${name}@${version}`)
  expect(annotations(result, 'warning')).toEqual([])
  for (const { opened } of ways) expect(opened()).toBeGreaterThan(0)

  const entries = path.join(bed.folder, 'entries')
  expect(await unpackEntries(bed.service, entries)).toHaveLength(2)
  expect(readdirSync(kept).sort()).toEqual(['GITHUB_WORKSPACE', 'RUNNER_TEMP'])
  expect(existsSync(path.join(kept, 'GITHUB_WORKSPACE', 'go.mod'))).toBe(true)
  const left = [kept, path.join(bed.folder, 'home'), entries]
  const forms = Object.values(secrets).flatMap((one) =>
    one.includes('\n') ? sshSecrets([{ key: one }]) : secretForms(one, ['x-access-token', 'robot']),
  )
  expect(leaks(forms, [result.output, ...result.summaries], left)).toEqual([])
})
