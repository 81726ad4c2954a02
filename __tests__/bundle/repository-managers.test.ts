import * as path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Goproxy, startGoproxy } from '../../testbed/goproxy.ts'
import { type LockedAnswer, type LockedProxy, startLockedProxy } from '../../testbed/locked-proxy.ts'
import { type RepositoryManagerKind, startRepositoryManager } from '../../testbed/repository-manager.ts'
import { type MadeModule, madeModule, publish } from '../golden/modules.ts'
import { type Certificate, makeCertificate } from '../golden/self-signed.ts'
import { type Bed, startBed } from '../harness/bed.ts'
import { leaks, secretForms } from '../harness/leaks.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { smallRepository } from './whole-job.ts'

const [one, blocked, missing] = ['one', 'blocked', 'missing'].map((name) =>
  madeModule(`corp.example.com/${name}`, 'v1.0.0'),
) as [MadeModule, MadeModule, MadeModule]
const [password, wrong] = ['Manager+Secret/1234567890', 'WrongSecret1234567890']
const forms = [password, wrong].flatMap((secret) => secretForms(secret, ['robot']))
/** Of JFrog Curation and Sonatype Firewall. */
const policy = {
  artifactory: 'Package blocked by policy "no-unmaintained"',
  nexus: 'Requested item is quarantined',
}

// Artifactory and Nexus cannot run here: a front for goproxy imitates their documented paths and status codes.
let bed: Bed
let certificate: Certificate
let goproxy: Goproxy
let storage: LockedProxy
const managers: Partial<Record<RepositoryManagerKind, LockedProxy>> = {}
const ends: (() => Promise<void>)[] = []
/** Answers that replace the next ones. */
let next: LockedAnswer[] = []

/** On other systems the go command trusts the system's certificates only, not those that a job adds. */
const trustsAdded = process.platform === 'linux'

describe.runIf(trustsAdded)('modules through a repository manager', () => {
  beforeAll(async () => {
    bed = await startBed({ whenOver: (end) => void ends.push(end) })
    const upstream = path.join(bed.folder, 'upstream')
    for (const module of [one, blocked]) publish(upstream, module)
    certificate = await makeCertificate(bed.folder, '127.0.0.1,localhost')
    goproxy = await startGoproxy({ folder: path.join(bed.folder, 'goproxy'), upstream })
    ends.push(goproxy.stop)
    storage = await startLockedProxy({ ...certificate, target: goproxy.url })
    ends.push(storage.stop)
    const common = {
      ...certificate,
      target: goproxy.url,
      repository: 'go-all',
      password: `robot:${password}`,
    }
    for (const kind of ['artifactory', 'nexus'] as const) {
      const manager = await startRepositoryManager({
        ...common,
        kind,
        blocked: { [blocked.path]: policy[kind] },
        instead: (asked) => (asked.endsWith('.mod') ? next.shift() : undefined),
        // Another host, such as object storage.
        ...(kind === 'artifactory'
          ? { storage: `https://${storage.host.replace('127.0.0.1', 'localhost')}` }
          : {}),
      })
      managers[kind] = manager
      ends.push(manager.stop)
    }
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })
  beforeEach(async () => {
    next = []
    await bed.service.clear()
  })

  async function jobWith(kind: RepositoryManagerKind, module: MadeModule, secret = password) {
    const manager = managers[kind]
    if (manager === undefined) throw new Error(`there is no ${kind}`)
    await bed.repository(undefined, smallRepository('app', [module]))
    const before = [manager.requests.length, storage.requests.length] as const
    const { main, post, places } = await runnerJob(bed, {
      with: {
        goproxy: manager.url,
        gonosumdb: 'corp.example.com/*',
        credentials: `${manager.host} robot ${secret}`,
        'ca-certificate': certificate.file,
        'cache-build': 'false',
      },
      env: { RUNNER_DEBUG: '1' },
    })
    expect(leaks(forms, [main.stdout, post.stdout], [places.temp, places.home, places.workspace])).toEqual([])
    return {
      main,
      asked: manager.requests.slice(before[0]),
      stored: storage.requests.slice(before[1]),
      error: said(main, 'error').join('\n'),
    }
  }

  describe.each(['artifactory', 'nexus'] as const)('%s, imitated,', (kind) => {
    const prefix = { artifactory: '/artifactory/api/go/go-all', nexus: '/repository/go-all' }[kind]

    test('serves modules below its repository path for a password', async () => {
      const { main, asked, stored: fetched } = await jobWith(kind, one)
      expect(main.exitCode, main.log).toBe(0)
      expect(main.stdout).toContain('1 downloaded')
      expect(asked.every(({ path: name }) => name.startsWith(`${prefix}/${one.path}/@`))).toBe(true)
      expect(new Set(asked.map(({ given }) => given))).toEqual(new Set([`robot:${password}`]))
      const zips = fetched.map(({ path: name, status, given }) => [name, status, given])
      // The signed address is enough: clients with a password do not send it there.
      expect(zips).toEqual(kind === 'artifactory' ? [[`/${one.path}/@v/v1.0.0.zip`, 200, '']] : [])
    })

    test('rejects a wrong password with 401', async () => {
      const { main, asked, error } = await jobWith(kind, one, wrong)
      expect(main.exitCode).toBe(1)
      expect(error).toContain('401')
      expect(error).toContain('`credentials`')
      expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([401]))
    })

    test('blocks a module by a policy, and the log shows its message', async () => {
      const { main, error } = await jobWith(kind, blocked)
      expect(main.exitCode).toBe(1)
      expect(error).toContain(blocked.path)
      expect(error).toContain('403 Forbidden')
      expect(main.stdout).toContain(policy[kind])
    })

    test('answers 404 for an unknown module', async () => {
      const { main, error } = await jobWith(kind, missing)
      expect(main.exitCode).toBe(1)
      expect(error).toContain(missing.path)
      expect(error).toContain('404')
    })
  })

  test('a repository manager that times out is asked again', async () => {
    next = [{ status: 504, delayMs: 300, body: 'upstream timed out' }]
    const { main, asked } = await jobWith('artifactory', one)
    expect(main.exitCode, main.log).toBe(0)
    expect(asked.map(({ status }) => status)).toContain(504)
    expect(main.stdout).toContain('1 downloaded')
  })
})
