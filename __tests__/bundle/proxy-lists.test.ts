import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Athens, startAthens } from '../../testbed/athens.ts'
import { type ChecksumDatabase, startChecksumDatabase } from '../../testbed/checksum-database.ts'
import { startGoproxy } from '../../testbed/goproxy.ts'
import { type LockedProxy, startLockedProxy } from '../../testbed/locked-proxy.ts'
import { type MadeModule, madeModule, publish, sumLines } from '../golden/modules.ts'
import { type Certificate, makeCertificate } from '../golden/self-signed.ts'
import { type Bed, startBed } from '../harness/bed.ts'
import { leaks, secretForms } from '../harness/leaks.ts'
import { type RunnerJob, runnerJob, said } from '../harness/runner-job.ts'
import { smallRepository } from './whole-job.ts'

const [one, other, more] = ['one', 'other', 'more'].map((name) =>
  madeModule(`corp.example.com/${name}`, 'v1.0.0'),
) as [MadeModule, MadeModule, MadeModule]
const [first, second] = ['FirstSecret1234567890', 'SecondSecret1234567890']
const forms = [first, second].flatMap((secret) => secretForms(secret, ['robot', 'reader']))

// A goproxy that has one module and a checksum database, behind a password, and an Athens that has all modules, behind
// another password.
let bed: Bed
let certificate: Certificate
let door: LockedProxy
let athens: Athens
let database: ChecksumDatabase
const ends: (() => Promise<void>)[] = []
/** On other systems the go command trusts the system's certificates only, not those that a job adds. */
const trustsAdded = process.platform === 'linux'

describe.runIf(trustsAdded)('modules through two real proxies', () => {
  beforeAll(async () => {
    bed = await startBed({ whenOver: (end) => void ends.push(end) })
    const [some, all] = [path.join(bed.folder, 'some'), path.join(bed.folder, 'all')]
    for (const module of [one, more]) publish(some, module)
    for (const module of [one, other, more]) publish(all, module)
    certificate = await makeCertificate(bed.folder)
    database = await startChecksumDatabase(all)
    ends.push(database.stop)
    const goproxy = await startGoproxy({
      folder: path.join(bed.folder, 'goproxy'),
      upstream: some,
      prefix: '/go/all',
      database,
    })
    ends.push(goproxy.stop)
    door = await startLockedProxy({
      ...certificate,
      target: `http://${goproxy.host}`,
      password: `robot:${first}`,
    })
    ends.push(door.stop)
    athens = await startAthens({
      folder: path.join(bed.folder, 'athens'),
      upstream: all,
      tls: certificate,
      password: `reader:${second}`,
    })
    ends.push(athens.stop)
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })
  beforeEach(() => bed.service.clear())

  /** A job that takes modules from a list of both, with a password for each. */
  async function jobWith(modules: readonly MadeModule[], goproxy: string, more: RunnerJob = {}) {
    await bed.repository(undefined, smallRepository('app', modules))
    const [before, athensBefore] = [door.requests.length, athens.requests().length]
    const ran = await runnerJob(bed, {
      ...more,
      with: {
        goproxy,
        credentials: `${door.host} robot ${first}\n${athens.host} reader ${second}`,
        'ca-certificate': certificate.file,
        'cache-build': 'false',
        ...more.with,
      },
      env: { RUNNER_DEBUG: '1', ...more.env },
    })
    const errors = [ran.main.stdout, ran.shell?.stdout ?? '', ran.post.stdout]
    const { temp, home, workspace } = ran.places
    expect(leaks(forms, errors, [temp, home, workspace])).toEqual([])
    return {
      ...ran,
      atGoproxy: door.requests.slice(before),
      atAthens: athens.requests().slice(athensBefore),
    }
  }

  const zipsOf = (requests: readonly { readonly path: string; readonly status: number }[]) =>
    requests
      .filter(({ path: name, status }) => status === 200 && name.endsWith('.zip'))
      .map(({ path: name }) => name.replace(/\/@v.*/, ''))

  describe('several proxies in one list', () => {
    const [goproxyUrl, athensUrl] = [() => `${door.url}/go/all`, () => athens.url]

    test('each gets its own password, and after 404 and a comma the next one is asked', async () => {
      const { main, atGoproxy, atAthens } = await jobWith([one, other], `${goproxyUrl()},${athensUrl()}`)
      expect(main.exitCode, main.log).toBe(0)
      expect(zipsOf(atGoproxy)).toEqual([`/go/all/${one.path}`])
      expect(zipsOf(atAthens)).toEqual([`/${other.path}`])
      expect(new Set(atGoproxy.map(({ given }) => given))).toEqual(new Set([`robot:${first}`]))
      expect(new Set(atAthens.map(({ status }) => status))).toEqual(new Set([200]))
    })

    const locked = () => `${door.host} robot ${second}\n${athens.host} reader ${second}`

    test('after 401 and a comma no other is asked', async () => {
      const { main, atAthens } = await jobWith([one], `${goproxyUrl()},${athensUrl()}`, {
        with: { credentials: locked() },
      })
      expect(main.exitCode).toBe(1)
      expect(said(main, 'error').join()).toContain('401')
      expect(atAthens).toEqual([])
    })

    test('after 401 and a | the next one is asked', async () => {
      const { main, atAthens } = await jobWith([one], `${goproxyUrl()}|${athensUrl()}`, {
        with: { credentials: locked() },
      })
      expect(main.exitCode, main.log).toBe(0)
      expect(zipsOf(atAthens)).toEqual([`/${one.path}`])
    })
  })

  describe('a checksum database behind the proxy', () => {
    const settings = () => ({ gosumdb: database.key, gonosumdb: 'github.com/nobody' })
    const lookups = () => database.requests.filter(({ path: name }) => name.startsWith('/lookup/'))

    test('verifies a module that go.sum does not name yet', async () => {
      const before = lookups().length
      const { main, shell, places } = await jobWith([one], `${door.url}/go/all`, {
        with: { ...settings(), 'export-credentials': 'true' },
        run: `go get ${more.path}@${more.version}`,
      })
      expect(main.exitCode, main.log).toBe(0)
      expect(shell?.exitCode, shell?.stderr).toBe(0)
      expect(readFileSync(path.join(places.workspace, 'go.sum'), 'utf8')).toContain(sumLines(more))
      // Modules in go.sum are not looked up.
      expect(lookups().slice(before)).toEqual([{ status: 200, path: `/lookup/${more.path}@${more.version}` }])
    })
  })
})
