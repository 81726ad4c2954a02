import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Athens, startAthens } from '../../testbed/athens.ts'
import { goChoices, installedGo } from '../golden/go.ts'
import { type MadeModule, madeModule, publish } from '../golden/modules.ts'
import { type Certificate, makeCertificate } from '../golden/self-signed.ts'
import { type Bed, startBed } from '../harness/bed.ts'
import { slice } from '../harness/extent.ts'
import { leaks, secretForms } from '../harness/leaks.ts'
import { type RanJob, runnerJob, said } from '../harness/runner-job.ts'
import { smallRepository } from './whole-job.ts'

const [one, other, forbidden, missing] = ['one', 'other', 'forbidden/one', 'missing'].map((name) =>
  madeModule(`corp.example.com/${name}`, 'v1.0.0'),
) as [MadeModule, MadeModule, MadeModule, MadeModule]
const [password, wrong] = ['Athens+Secret/1234567890', 'WrongSecret1234567890']
const forms = [password, wrong].flatMap((secret) => secretForms(secret, ['robot']))

// A real Athens behind TLS and a password, with a certificate of a private authority.
let bed: Bed
let athens: Athens
let certificate: Certificate
const ends: (() => Promise<void>)[] = []
/** On other systems the go command trusts the system's certificates only, not those that a job adds. */
const trustsAdded = process.platform === 'linux'

describe.runIf(trustsAdded)('modules through a real proxy', () => {
  beforeAll(async () => {
    bed = await startBed({ whenOver: (end) => void ends.push(end) })
    const upstream = path.join(bed.folder, 'upstream')
    for (const module of [one, other, forbidden]) publish(upstream, module)
    certificate = await makeCertificate(bed.folder)
    athens = await startAthens({
      folder: path.join(bed.folder, 'athens'),
      upstream,
      tls: certificate,
      password: `robot:${password}`,
      prefix: '/go',
      excluded: ['corp.example.com/forbidden'],
    })
    ends.push(athens.stop)
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })

  /** A job that downloads its modules from Athens only. */
  async function jobThrough(
    modules: readonly MadeModule[],
    options: { readonly secret?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<RanJob & { readonly asked: Athens['requests'] }> {
    const { secret = password, env } = options
    await bed.service.clear()
    await bed.repository(undefined, smallRepository('app', modules))
    const before = athens.requests().length
    const ran = await runnerJob(bed, {
      with: {
        goproxy: athens.url,
        gonosumdb: 'corp.example.com/*',
        credentials: `${athens.host} robot ${secret}`,
        'ca-certificate': certificate.file,
        'cache-build': 'false',
      },
      env: { RUNNER_DEBUG: '1', ...env },
      run: 'GOPROXY=off go build ./...',
    })
    const errors = [ran.main.stdout, ran.shell?.stdout ?? '', ran.post.stdout]
    const { temp, home, workspace } = ran.places
    expect(leaks(forms, errors, [temp, home, workspace, path.join(bed.folder, 'origin')])).toEqual([])
    return { ...ran, asked: () => athens.requests().slice(before) }
  }

  describe('Athens', () => {
    test.each(slice(goChoices, 1))('serves modules for the correct password (%s Go)', async (choice) => {
      const { program } = await installedGo(choice)
      const PATH = `${path.dirname(program)}${path.delimiter}${process.env.PATH}`
      const { main, shell, asked } = await jobThrough([one, other], { env: { PATH } })
      expect(main.exitCode, main.log).toBe(0)
      expect(main.stdout).toContain('2 downloaded')
      expect(shell?.exitCode, shell?.stderr).toBe(0)
      const zips = asked().filter(({ path: name }) => name.endsWith('.zip'))
      expect(zips.map(({ path: name, status }) => `${status} ${name}`).sort()).toEqual([
        '200 /corp.example.com/one/@v/v1.0.0.zip',
        '200 /corp.example.com/other/@v/v1.0.0.zip',
      ])
    })

    test('rejects a wrong password, and the job fails with a fix', async () => {
      const { main, asked } = await jobThrough([one], { secret: wrong })
      expect(main.exitCode).toBe(1)
      const error = said(main, 'error').join('\n')
      expect(error).toContain(one.path)
      expect(error).toContain('401')
      expect(error).toContain('`credentials`')
      expect(new Set(asked().map(({ status }) => status))).toEqual(new Set([401]))
    })

    test('answers 403 for modules that its filter excludes', async () => {
      const { main, asked } = await jobThrough([one, forbidden])
      expect(main.exitCode).toBe(1)
      const error = said(main, 'error').join('\n')
      expect(error).toContain(forbidden.path)
      expect(error).toContain('403 Forbidden')
      expect(asked().map(({ status }) => status)).toContain(403)
    })

    test('answers 404 for modules that do not exist', async () => {
      const { main, asked } = await jobThrough([missing])
      expect(main.exitCode).toBe(1)
      const error = said(main, 'error').join('\n')
      expect(error).toContain(missing.path)
      expect(error).toContain('404 Not Found')
      expect(asked().map(({ status }) => status)).toContain(404)
    })
  })
})
