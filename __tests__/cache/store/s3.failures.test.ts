import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest'
import { s3Service } from '../../../src/cache/store/s3.ts'
import type { S3Target } from '../../../src/cache/store/s3-target.ts'
import { readRange } from '../../../src/platform/remote-object.ts'
import type { TransferOptions } from '../../../src/platform/transfer.ts'
import { startForwardProxy } from '../../../testbed/forward-proxy.ts'
import { type S3Fault, type S3Server, s3Keys, startS3Server } from '../../../testbed/s3-server.ts'
import { type IssuedKeys, noCredentials, type StandIn, startAws, stubAws } from '../../harness/aws.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'

const area = 'c/trusted/o/r/'
const options: TransferOptions = { signal: new AbortController().signal, pause: async () => {} }
const owner = { id: s3Keys.AWS_ACCESS_KEY_ID, secret: s3Keys.AWS_SECRET_ACCESS_KEY }

let server: S3Server
let target: S3Target

const answered = (
  status: number,
  code: string,
  more = '',
  headers: Record<string, string> = {},
): S3Fault => ({
  on: () => true,
  times: 1,
  effect: {
    ...{ kind: 'answer', status, headers: { 'content-type': 'application/xml', ...headers } },
    body: `<Error><Code>${code}</Code><Message>words of the server</Message>${more}</Error>`,
  },
})

// versitygw keeps objects as files, which its authors test on Unix only.
describe.runIf(isUnix)('a bucket that cannot be used', () => {
  beforeAll(async () => {
    server = await startS3Server({ buckets: ['caches'] })
    target = {
      ...{ bucket: 'caches', region: 'us-east-1', endpoint: server.url, pathStyle: true },
      ...{ isTrusted: true, save: area, read: [area] },
    }
  })
  afterAll(() => server.stop())
  beforeEach(() => {
    server.faults.length = 0
    server.requests.length = 0
    stubAws(s3Keys)
  })
  afterEach(() => void vi.unstubAllEnvs())

  const host = () => new URL(server.url).host
  const check = (changes: Partial<S3Target> = {}) => s3Service({ ...target, ...changes }).check(30)

  test('nothing is wrong with a good one', async () => {
    expect(await check()).toBeUndefined()
    expect(server.requests).toHaveLength(1)
  })

  // The words of a real server.
  test('the bucket does not exist', async () => {
    expect(await check({ bucket: 'missing' })).toBe(
      `there is no bucket missing at ${host()}: create it, or correct \`s3-bucket\` or \`s3-endpoint\``,
    )
  })

  test('the region is wrong', async () => {
    expect(await check({ region: 'eu-west-1' })).toMatch(
      /^the bucket caches is in region us-east-1, not in eu-west-1: set `s3-region: us-east-1`$/,
    )
  })

  test('the access key is unknown', async () => {
    stubAws({ ...s3Keys, AWS_ACCESS_KEY_ID: 'unknown' })
    expect(await check()).toContain(`${host()} does not know the access key: check AWS_ACCESS_KEY_ID`)
  })

  test('the secret key is wrong', async () => {
    stubAws({ ...s3Keys, AWS_SECRET_ACCESS_KEY: 'wrong' })
    expect(await check()).toContain('the secret key does not belong to the access key')
  })

  test('the clock of the runner is wrong', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    onTestFinished(() => void vi.useRealTimers())
    expect(await check()).toBe(
      `the clock of this runner is 60 minutes ahead of that of ${host()}: synchronize it, for example with NTP`,
    )
  })

  // The words of AWS (docs.aws.amazon.com, "Error responses"): versitygw has neither regions nor sessions.
  test.each([
    [
      answered(301, 'PermanentRedirect', '<Endpoint>s3.eu-west-1.amazonaws.com</Endpoint>', {
        'x-amz-bucket-region': 'eu-west-1',
      }),
      'the bucket caches is in region eu-west-1, not in us-east-1: set `s3-region: eu-west-1`',
    ],
    [
      answered(400, 'AuthorizationHeaderMalformed', '<Region>eu-central-1</Region>'),
      'the bucket caches is in region eu-central-1, not in us-east-1: set `s3-region: eu-central-1`',
    ],
    [answered(301, 'PermanentRedirect'), 'set `s3-region` to the region of the bucket'],
    [
      answered(400, 'ExpiredToken'),
      'the credentials have expired: request longer ones (`role-duration-seconds`',
    ],
    [answered(403, 'InvalidTokenId'), 'AWS_SESSION_TOKEN does not belong to the access key'],
    [answered(403, 'InvalidToken'), 'AWS_SESSION_TOKEN does not belong to the access key'],
    [answered(403, 'AccessDenied'), `access to ${area} in bucket caches is denied`],
    [answered(403, 'AccessDenied'), 'allow s3:ListBucket there for this run'],
    [answered(404, 'NoSuchKey'), 'answers 404, and the server says "NoSuchKey: words of the server"'],
  ])('%# an answer of AWS', async (fault, text) => {
    server.faults.push(fault)
    expect(await check()).toContain(text)
  })

  test('the error of a server shows no part of the request', async () => {
    const secret = 'FwoGZXIvYXdzSecretToken'
    const more = `<CanonicalRequest>x-amz-security-token:${secret}</CanonicalRequest><Token-0>${secret}</Token-0>`
    const log = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    onTestFinished(() => log.mockRestore())
    for (const status of [400, 403, 500]) {
      server.faults.push({ ...answered(status, 'Odd', more), times: 4 })
      expect(await s3Service(target).find('k', [], options).catch(String)).not.toContain(secret)
      server.faults.length = 0
    }
    expect(log.mock.calls.join('\n')).toContain('words of the server')
    expect(log.mock.calls.join('\n')).not.toContain(secret)
  })

  test.each([
    [
      answered(403, 'AccessDenied'),
      `access to ${area} in bucket caches is denied (the server says "AccessDenied"): allow s3:GetObject`,
    ],
    [answered(400, 'ExpiredToken'), 'the credentials have expired'],
    [answered(404, 'NoSuchKey'), 'answers 404, and the server says "NoSuchKey"'],
  ])('%# a download that is refused names the fix', async (fault, text) => {
    server.put('caches', [`${area}k`], new Date())
    const found = await s3Service(target).find('k', [], options)
    if (found === undefined) throw new Error('not found')
    server.faults.push(fault)
    await expect(readRange(found.object, 0, 10, () => {}, options)).rejects.toThrow(text)
  })

  test('something other than S3 answers', async () => {
    server.faults.push({
      ...answered(200, ''),
      effect: { kind: 'answer', status: 200, body: '<html></html>' },
    })
    expect(await check()).toBe('the S3 server answers a listing that cannot be read')
  })

  test('a listing that never ends is an error', async () => {
    const body =
      '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>'
    server.faults.push({ on: () => true, times: 5, effect: { kind: 'answer', status: 200, body } })
    await expect(s3Service(target).find('k', [], options)).rejects.toThrow('cannot be read')
  })

  test('a key with a line break is named, and no server is blamed', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE\n')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(await check()).toContain('the credentials hold a line break')
    expect(server.requests).toEqual([])
  })

  test('an address with https of a server without TLS is named', async () => {
    expect(await check({ endpoint: `https://${host()}` })).toBe(
      `${host()} speaks no TLS: write \`http://\` in \`s3-endpoint\``,
    )
  })

  test('no server answers', async () => {
    const endpoint = 'http://127.0.0.1:1'
    expect(await check({ endpoint })).toContain('127.0.0.1:1 cannot be reached: connect ECONNREFUSED')
  })

  test('a server that never answers ends at the deadline', async () => {
    server.faults.push({ on: () => true, times: 9, effect: { kind: 'hang' } })
    expect(await s3Service(target).check(0.5)).toBe(`${host()} gives no answer within 0.5 s`)
  })

  test('there are no credentials: no request is sent', async () => {
    stubAws({})
    expect(await check()).toMatch(
      /^no credentials were found: put aws-actions\/configure-aws-credentials before this step, or set AWS_ACCESS_KEY_ID/,
    )
    expect(server.requests).toEqual([])
  })
})

describe.runIf(isUnix)('credentials', () => {
  let aws: StandIn
  const keys: IssuedKeys = { ...owner, token: 'session-token/+1234567890' }
  const home = () => {
    const folder = temporaryFolder()
    return (name: string, text: string) => {
      mkdirSync(folder, { recursive: true })
      writeFileSync(path.join(folder, name), text)
      return path.join(folder, name)
    }
  }

  beforeAll(async () => {
    server = await startS3Server({ buckets: ['caches'] })
    aws = await startAws(keys)
  })
  afterAll(async () => {
    await aws.stop()
    await server.stop()
  })
  afterEach(() => void vi.unstubAllEnvs())

  /** The headers of a listing with the credentials that the environment names. */
  async function headers() {
    server.requests.length = 0
    const service = s3Service({ ...target, endpoint: server.url })
    expect(await service.check(30)).toBeUndefined()
    return server.requests[0]?.headers ?? {}
  }

  test('from a profile of the shared files', async () => {
    const write = home()
    const file = write(
      'credentials',
      `[default]\naws_access_key_id = no\naws_secret_access_key = no\n[ci]\naws_access_key_id = ${owner.id}\naws_secret_access_key = ${owner.secret}\n`,
    )
    stubAws({ AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'ci' })
    expect((await headers()).authorization).toContain(`Credential=${owner.id}/`)
  })

  test('from the role of an EC2 instance, by IMDSv2, never through a forward proxy', async () => {
    stubAws({ AWS_EC2_METADATA_SERVICE_ENDPOINT: aws.url, AWS_EC2_METADATA_DISABLED: undefined })
    for (const name of ['HTTP_PROXY', 'http_proxy']) vi.stubEnv(name, 'http://127.0.0.1:1')
    for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '127.0.0.1')
    expect((await headers())['x-amz-security-token']).toBe(keys.token)
    expect(aws.requests).toContain('PUT /latest/api/token')
  })

  test('from the role of a container', async () => {
    stubAws({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${aws.url}/task`, AWS_EC2_METADATA_DISABLED: undefined })
    expect((await headers())['x-amz-security-token']).toBe(keys.token)
  })

  test('from a web identity, through the forward proxy', async () => {
    const proxy = await startForwardProxy({ 'sts.corp.test': aws.url })
    onTestFinished(() => proxy.stop())
    const token = home()('token', 'jwt')
    stubAws({
      AWS_WEB_IDENTITY_TOKEN_FILE: token,
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/ci',
      AWS_ENDPOINT_URL_STS: 'http://sts.corp.test',
    })
    for (const [name, value] of Object.entries(proxy.environment())) vi.stubEnv(name, value)
    expect((await headers())['x-amz-security-token']).toBe(keys.token)
    expect(proxy.requests).toEqual([{ method: 'POST', address: 'http://sts.corp.test/', status: 200 }])
  })

  test('a web identity that is refused: the words of STS and the fix', async () => {
    const token = home()('token', 'other')
    stubAws({
      AWS_WEB_IDENTITY_TOKEN_FILE: token,
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/ci',
      AWS_ENDPOINT_URL_STS: aws.url,
    })
    const service = s3Service({ ...target, endpoint: server.url })
    expect(await service.check(30)).toMatch(
      /^the credentials cannot be used: .*no such provider: correct the role/,
    )
  })

  test('keys that the chain finds are masked in the log', async () => {
    stubAws({ ...noCredentials, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${aws.url}/task` })
    const log = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    onTestFinished(() => log.mockRestore())
    await headers()
    const written = log.mock.calls.map(([text]) => String(text))
    for (const secret of [keys.secret, keys.token])
      expect(written.some((text) => text.startsWith(`::add-mask::${secret}`))).toBe(true)
  })
})
