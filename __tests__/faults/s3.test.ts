import { afterAll } from 'vitest'
import { type S3Fault, s3Keys, startS3Server } from '../../testbed/s3-server.ts'
import { noCredentials } from '../harness/aws.ts'
import { isUnix } from '../temporary.ts'
import { type FaultCase, testFaults } from './table.ts'

// versitygw keeps objects as files, which its authors test on Unix only.
const server = isUnix ? await startS3Server({ buckets: ['caches'] }) : undefined
afterAll(() => server?.stop())

const uncached = { step: 'goes on', log: 'warning', modules: 'downloaded' } as const
const cached = { step: 'goes on', log: 'nothing', modules: 'from the entry' } as const
const soon = { GO_DEPS_RESTORE_SECONDS: '2', GO_DEPS_SAVE_SECONDS: '2' }

/** Makes the server answer some requests otherwise, until the row ends. */
function faulty(fault: S3Fault): Pick<FaultCase, 'breaks'> {
  return {
    breaks: () => {
      server?.faults.push(fault)
      return () => void server?.faults.splice(0)
    },
  }
}

const error = (status: number, code: string, more = ''): S3Fault['effect'] => ({
  ...{ kind: 'answer', status, headers: { 'content-type': 'application/xml' } },
  body: `<Error><Code>${code}</Code><Message>no</Message>${more}</Error>`,
})
const always = (effect: S3Fault['effect']) => faulty({ on: () => true, times: 1000, effect })
const isDownload = (method: string, url: URL) => method === 'GET' && url.pathname.includes('godeps.')

const cases: readonly FaultCase[] = [
  {
    fault: 'There are no credentials',
    ...uncached,
    text: /no credentials were found/,
    job: { env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } },
  },
  {
    fault: 'The secret key is wrong',
    ...uncached,
    text: /the secret key does not belong to the access key/,
    job: { env: { AWS_SECRET_ACCESS_KEY: 'another' } },
  },
  {
    fault: 'The credentials have expired',
    ...uncached,
    text: /the credentials have expired/,
    ...always(error(400, 'ExpiredToken')),
  },
  {
    fault: 'The bucket does not exist',
    ...uncached,
    text: /there is no bucket missing/,
    with: { 's3-bucket': 'missing' },
  },
  {
    fault: 'The bucket is in another region',
    ...uncached,
    text: /is in region us-east-1, not in eu-west-1/,
    with: { 's3-region': 'eu-west-1' },
  },
  {
    fault: 'The role may not list',
    ...uncached,
    text: /is denied .*allow s3:ListBucket/,
    ...always(error(403, 'AccessDenied')),
  },
  {
    fault: 'The role may list, but not read',
    ...uncached,
    text: /is denied .*allow s3:GetObject/,
    ...faulty({ on: isDownload, times: 1000, effect: error(403, 'AccessDenied') }),
  },
  {
    fault: 'The clock of the runner is wrong',
    ...uncached,
    text: /the clock of this runner/,
    ...always(error(403, 'RequestTimeTooSkewed')),
  },
  {
    fault: 'The server answers 503 once, then works',
    ...cached,
    text: /restored/,
    ...faulty({ on: isDownload, times: 1, effect: error(503, 'SlowDown') }),
  },
  {
    fault: 'The connection breaks once, then works',
    ...cached,
    text: /restored/,
    ...faulty({ on: isDownload, times: 1, effect: { kind: 'lose' } }),
  },
  {
    fault: 'The server never answers',
    ...uncached,
    text: /gives no answer within 2 s/,
    job: { env: soon },
    ...always({ kind: 'hang' }),
  },
  {
    fault: 'Nothing listens at the endpoint',
    ...uncached,
    text: /cannot be reached/,
    with: { 's3-endpoint': 'http://127.0.0.1:1' },
  },
]

if (server !== undefined)
  testFaults(
    'Caches in an S3 bucket',
    cases,
    {
      ...{ 'cache-build': 'false', 'cache-backend': 's3' },
      ...{ 's3-bucket': 'caches', 's3-endpoint': server.url },
    },
    { env: { ...noCredentials, ...s3Keys }, entry: () => server.objects('caches')[0] },
  )
