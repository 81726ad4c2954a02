import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type ForwardProxy, startForwardProxy } from '../../testbed/forward-proxy.ts'
import { type ModuleProxy, startModuleProxy } from '../../testbed/module-proxy.ts'
import { pullRequest, push } from '../../testbed/runner/github-context.ts'
import { type S3Server, s3Keys, startS3Server } from '../../testbed/s3-server.ts'
import { madeModule, publish } from '../golden/modules.ts'
import { makeCertificate } from '../golden/self-signed.ts'
import { type IssuedKeys, noCredentials, startAws } from '../harness/aws.ts'
import { type Bed, root, startBed } from '../harness/bed.ts'
import { leaks, secretForms } from '../harness/leaks.ts'
import { type RunnerJob, runnerJob, said } from '../harness/runner-job.ts'
import { isUnix, temporaryFolder } from '../temporary.ts'
import { startMachine } from './shared-machine.ts'
import { build, smallRepository } from './whole-job.ts'

const lib = madeModule('example.com/lib', 'v1.0.0')
const newer = madeModule('example.com/lib', 'v1.1.0')
const large = madeModule('example.com/large', 'v1.0.0', {
  'data.txt': randomBytes(15_000_000).toString('base64'),
  'more.txt': randomBytes(8_000_000).toString('base64'),
})
const buckets = Array.from({ length: 20 }, (_, index) => `bucket-${index + 1}`)
const trusted = 'go-deps-action/trusted/org/service/'

let bed: Bed
let modules: ModuleProxy
let server: S3Server
let count = 0
const bucket = () => `bucket-${count}`
const ends: (() => Promise<void>)[] = []

// versitygw keeps objects as files, which its authors test on Unix only.
describe.runIf(isUnix)('cache-backend: s3', () => {
  beforeAll(async () => {
    bed = await startBed({ whenOver: (end) => void ends.push(end) })
    const folder = path.join(bed.folder, 'served')
    for (const one of [lib, newer, large]) publish(folder, one)
    modules = await startModuleProxy({ folder })
    server = await startS3Server({ buckets })
    ends.push(modules.stop, server.stop)
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })
  beforeEach(async () => {
    count++
    server.faults.length = 0
    server.requests.length = 0
    await bed.repository(undefined, smallRepository('app', [lib]))
  })

  /** Runs a job with its cache in the bucket of this test. */
  async function job(more: RunnerJob = {}) {
    const ran = await runnerJob(bed, {
      ...more,
      with: {
        'cache-backend': 's3',
        's3-bucket': bucket(),
        's3-endpoint': server.url,
        ...more.with,
      },
      env: { ...noCredentials, ...s3Keys, GOPROXY: modules.url, ...more.env },
    })
    const secret = secretForms(s3Keys.AWS_SECRET_ACCESS_KEY, [])
    expect(leaks(secret, [ran.main.stdout, ran.post.stdout], [ran.places.temp])).toEqual([])
    return ran
  }
  const kinds = () =>
    server.objects(bucket()).map((name) => name.replace(/^(.*\/)godeps\.(\w+)\..*$/, '$1$2'))

  test('a job saves both caches, the next one restores them, and nothing asks the cache service', async () => {
    const before = bed.service.requests.length
    const cold = await job({ run: build })
    expect(cold.main.exitCode, cold.main.log).toBe(0)
    expect(said(cold.main, 'warning')).toEqual([])
    expect(cold.main.outputs).toMatchObject({ 'cache-backend': 's3', 'modules-cache': 'miss' })
    const host = server.url.replace('http://', '')
    expect(cold.main.log).toContain(`Cache store: S3 bucket ${bucket()} at ${host}, ${trusted}`)
    expect(cold.post.stdout).toContain('Module cache: saved')
    expect(cold.post.stdout).toContain('Build cache: saved')
    expect(kinds()).toEqual([`${trusted}build`, `${trusted}modules`])
    const warm = await job({ run: build })
    expect(warm.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
    expect(warm.main.stdout).not.toContain('1 downloaded')
    expect(warm.main.summary).toContain(`S3 bucket ${bucket()}`)
    expect(warm.post.stdout).toContain('up to date, nothing new to save')
    expect(bed.service.requests).toHaveLength(before)
  })

  test('a large entry is uploaded in parts and downloaded in ranges', async () => {
    await bed.repository(undefined, smallRepository('app', [large]))
    const one = { 'cache-build': 'false' }
    expect((await job({ with: one })).post.stdout).toContain('Module cache: saved')
    const parts = server.requests.filter(({ query }) => query.startsWith('partNumber='))
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.map(({ status }) => status)).toEqual(parts.map(() => 200))
    expect(server.uploads(bucket())).toBe(0)
    server.requests.length = 0
    const warm = await job({ with: one })
    expect(warm.main.outputs['modules-cache']).toBe('exact')
    expect(server.requests.filter(({ status }) => status === 206).length).toBeGreaterThan(2)
  })

  test('`lookup-only` finds entries, and without credentials one warning is enough', async () => {
    await job({ with: { 'cache-build': 'false' } })
    const found = await job({ with: { 'cache-build': 'false', 'lookup-only': 'true' } })
    expect(found.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'cache-backend': 's3' })
    const without = await job({
      with: { 'lookup-only': 'true' },
      env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    })
    expect(said(without.main, 'warning')).toHaveLength(1)
  })

  test('a step with `save` saves where the step with `restore` looked', async () => {
    const machine = await startMachine([lib])
    await machine.write('org/app', smallRepository('app', [lib]))
    const env = { ...noCredentials, ...s3Keys }
    const { job: started } = await machine.start({ repository: 'org/app', env })
    const inputs = { 'cache-backend': 's3', 's3-bucket': bucket(), 's3-endpoint': server.url }
    const main = await started.action({ folder: 'restore', with: inputs })
    expect(main.outputs['cache-backend']).toBe('s3')
    await started.shell(build)
    const saved = await started.action({ folder: 'save' })
    expect(saved.exitCode, saved.log).toBe(0)
    expect(kinds().map((name) => name.replace(/.*\//, ''))).toEqual(['build', 'modules'])
    await started.end()
    expect(machine.bed.service.requests).toEqual([])
  })

  test('another module graph starts from the newest entry', async () => {
    await job({ with: { 'cache-build': 'false' } })
    await bed.repository(undefined, smallRepository('app', [newer]))
    const bumped = await job({ with: { 'cache-build': 'false' } })
    expect(bumped.main.outputs['modules-cache']).toBe('partial')
    expect(kinds()).toEqual([`${trusted}modules`, `${trusted}modules`])
  })

  test('a pull request saves apart, and runs of the default branch never read that', async () => {
    const event = pullRequest({ branch: 'feature' })
    const own = 'go-deps-action/untrusted/org/service/pull/7/'
    const one = { 'cache-build': 'false' }
    expect((await job({ event, with: one })).post.stdout).toContain('Module cache: saved')
    expect(kinds()).toEqual([`${own}modules`])
    expect((await job({ event, with: one })).main.outputs['modules-cache']).toBe('exact')
    expect((await job({ with: one })).main.outputs['modules-cache']).toBe('miss')
    expect(kinds()).toEqual([`${trusted}modules`, `${own}modules`])
    const branch = await job({ event: push('feature'), with: one })
    expect(branch.main.outputs['modules-cache']).toBe('exact')
  })

  test('without credentials one warning names the fix, before anything is restored, and the job goes on', async () => {
    const { main, post } = await job({
      env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      run: build,
    })
    expect([main.exitCode, post.exitCode]).toEqual([0, 0])
    expect(said(main, 'warning')).toEqual([
      expect.stringMatching(
        /^The S3 cache cannot be used, and the job continues without it: no credentials were found: put aws-actions\/configure-aws-credentials before/,
      ),
    ])
    expect(main.stdout.indexOf('no credentials were found')).toBeLessThan(
      main.stdout.indexOf('Module cache:'),
    )
    expect(said(post, 'warning')).toEqual([])
    expect(server.requests).toEqual([])
    const fork = await job({
      env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      event: pullRequest({ branch: 'feature', fork: true }),
    })
    expect(said(fork.main, 'warning')).toEqual([])
    expect(said(fork.main, 'notice').join()).toContain('no credentials were found')
  })

  test.each([
    ['a wrong region', { 's3-region': 'eu-west-1' }, 'set `s3-region: us-east-1`'],
    ['a missing bucket', { 's3-bucket': 'missing' }, 'there is no bucket missing'],
    ['a server that is not there', { 's3-endpoint': 'http://127.0.0.1:1' }, 'cannot be reached'],
    ['a server that never answers', {}, 'gives no answer within 1 s'],
  ])('%s is one warning with the fix', async (what, inputs, fix) => {
    if (what.endsWith('never answers'))
      server.faults.push({ on: () => true, times: 9, effect: { kind: 'hang' } })
    const { main, post } = await job({ with: inputs, env: { GO_DEPS_RESTORE_SECONDS: '1' } })
    expect(main.exitCode).toBe(0)
    expect(said(main, 'warning')).toEqual([expect.stringContaining(fix)])
    expect(said(post, 'warning')).toEqual([])
    expect(main.summary).toContain(fix.replaceAll('`', '').split(' ').at(-1))
  })

  test('credentials that expire before the job ends: a warning of post', async () => {
    const marker = path.join(temporaryFolder(), 'expired')
    server.faults.push({
      on: () => existsSync(marker),
      times: 50,
      effect: {
        ...{ kind: 'answer', status: 400, headers: { 'content-type': 'application/xml' } },
        body: '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>',
      },
    })
    const { main, post } = await job({ run: `touch '${marker}'` })
    expect(said(main, 'warning')).toEqual([])
    expect(post.exitCode).toBe(0)
    expect(said(post, 'warning')).toEqual([
      expect.stringContaining('the credentials have expired: request longer ones (`role-duration-seconds`'),
    ])
  })

  test.each([
    [{ 's3-bucket': 'My_Bucket' }, 'Input `s3-bucket` is "My_Bucket", but it holds "M"'],
    [{ 's3-bucket': '' }, 'Input `cache-backend` is "s3", but `s3-bucket` is empty'],
    [{ 's3-endpoint': 'https://host/bucket' }, 'it has a path'],
    [{ 's3-endpoint': '' }, 'the region is unknown'],
    [{ 's3-prefix': '../x' }, 'a part of it consists of dots'],
    [{ 'cache-backend': 'auto' }, 'Input `s3-bucket` is "bucket-'],
  ])('wrong input fails before anything is done: %j', async (inputs, what) => {
    const { main, post } = await job({ with: inputs })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error')[0]).toContain(what)
    expect(server.requests).toEqual([])
    expect(post.exitCode).toBe(0)
  })

  test('an unknown backend is the only error, although inputs for S3 are set', async () => {
    const { main } = await job({ with: { 'cache-backend': 'S3' } })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error')).toEqual([expect.stringContaining('Input `cache-backend` is "S3"')])
  })

  test('jobs with another store never load the SDK', async () => {
    const copy = path.join(temporaryFolder(), 'action')
    for (const name of ['action.yml', 'dist'])
      cpSync(path.join(root, name), path.join(copy, name), { recursive: true })
    rmSync(path.join(copy, 'dist', 's3.mjs'))
    const ran = await runnerJob(bed, { actionDirectory: copy, env: { GOPROXY: modules.url } })
    expect(ran.main.exitCode, ran.main.log).toBe(0)
    expect(ran.main.outputs['cache-backend']).toBe('github')
    expect(ran.post.stdout).toContain('Module cache: saved')
  })

  describe('a network with a forward proxy and certificates of its own', () => {
    const keys: IssuedKeys = {
      ...{ id: s3Keys.AWS_ACCESS_KEY_ID, secret: s3Keys.AWS_SECRET_ACCESS_KEY },
      token: 'SessionToken/+1234567890abcdef',
    }
    let proxy: ForwardProxy
    let secured: S3Server

    test('a web identity, the bucket and STS are reached through it, and no secret is shown', async () => {
      const certificate = await makeCertificate(bed.folder, 's3.corp.test,sts.corp.test')
      secured = await startS3Server({ buckets: [bucket()], tls: certificate })
      onTestFinished(() => secured.stop())
      const aws = await startAws(keys, certificate)
      onTestFinished(() => aws.stop())
      proxy = await startForwardProxy({ 's3.corp.test': secured.url, 'sts.corp.test': aws.url })
      onTestFinished(() => proxy.stop())
      const token = path.join(temporaryFolder(), 'token')
      writeFileSync(token, 'jwt')
      const through = {
        ...{ HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' },
        ...{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', RUNNER_DEBUG: '1' },
        AWS_WEB_IDENTITY_TOKEN_FILE: token,
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/ci',
        AWS_ENDPOINT_URL_STS: 'https://sts.corp.test',
      }
      const inputs = {
        's3-endpoint': 'https://s3.corp.test',
        'ca-certificate': certificate.file,
        'cache-build': 'false',
      }
      const cold = await job({ with: inputs, env: through })
      // Elsewhere, the go command does not trust these certificates.
      const warnings =
        process.platform === 'linux' ? [] : [expect.stringMatching(/only the certificates of the system/)]
      expect(said(cold.main, 'warning')).toEqual(warnings)
      expect(cold.post.stdout).toContain('Module cache: saved')
      const warm = await job({ with: inputs, env: through })
      expect(warm.main.outputs['modules-cache']).toBe('exact')
      const hosts = new Set(proxy.requests.map(({ address }) => address))
      expect([...hosts].sort()).toEqual(['s3.corp.test:443', 'sts.corp.test:443'])
      const forms = [...secretForms(keys.token, []), ...secretForms(keys.secret, []), 'Signature=']
      const said_ = [cold, warm].flatMap(({ main, post }) => [
        main.stdout,
        post.stdout,
        main.summary,
        post.summary,
      ])
      expect(leaks(forms, said_, [warm.places.temp, warm.places.home])).toEqual([])
    })
  })
})
