import { describe, expect, test } from 'vitest'
import type { Inputs } from '../../src/inputs/index.ts'
import { readInputs, readS3Server, s3Problems } from '../../src/inputs/index.ts'

function read(given: Readonly<Record<string, string>>) {
  return readInputs(
    Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  )
}
const inputsOf = (given: Readonly<Record<string, string>>): Inputs => read(given).inputs

describe('inputs for S3', () => {
  test.each([
    ['s3-bucket', 'my.bucket-1', 'my.bucket-1'],
    ['s3-bucket', 'access-point-alias-s3alias', 'access-point-alias-s3alias'],
    ['s3-region', 'eu-west-1', 'eu-west-1'],
    ['s3-region', 'auto', 'auto'],
    ['s3-endpoint', 'HTTPS://Minio.example.com:9000/', 'https://minio.example.com:9000'],
    ['s3-endpoint', 'http://[::1]:9000', 'http://[::1]:9000'],
    ['s3-prefix', 'a/B_c.d-e/', 'a/B_c.d-e'],
  ] as const)('%s: %s', (name, given, value) => {
    expect(read({ [name]: given })).toMatchObject({ problems: [], inputs: { [name]: value } })
  })

  test.each([
    ['s3-bucket', 'ab', 'it has 2 characters'],
    ['s3-bucket', 'a'.repeat(64), 'it has 64 characters'],
    ['s3-bucket', 'My-bucket', 'it holds "M"'],
    ['s3-bucket', 'my_bucket', 'it holds "_"'],
    ['s3-bucket', '-bucket', 'it does not begin and end with a letter or digit'],
    ['s3-bucket', 'my..bucket', 'it holds two dots in a row'],
    ['s3-bucket', '192.168.0.1', 'it looks like an IP address'],
    ['s3-bucket', 's3://bucket/prefix', 'write only the name'],
    ['s3-bucket', 'https://bucket.example.com', 'write it in `s3-endpoint`'],
    ['s3-bucket', 'bucket/prefix', 'write what follows the name in `s3-prefix`'],
    ['s3-bucket', 'arn:aws:s3:::bucket', 'it is an ARN'],
    ['s3-bucket', 'bucket--euw1-az1--x-s3', 'it is a directory bucket'],
    ['s3-region', 'eu-west-1a', 'it is an availability zone'],
    ['s3-region', 'EU (Ireland)', 'the name of a region, such as `eu-west-1`'],
    ['s3-endpoint', 'minio.example.com:9000', 'it does not begin with `https://`'],
    ['s3-endpoint', 's3://bucket', 'it is not an http or https address'],
    ['s3-endpoint', 'https://host:port', 'it has no valid host'],
    ['s3-endpoint', 'https://host/bucket', 'it has a path: write the bucket in `s3-bucket`'],
    ['s3-endpoint', 'https://host?x=1', 'it has a query'],
    ['s3-prefix', '/a', 'it begins with a slash'],
    ['s3-prefix', 'a//b', 'it holds two slashes in a row'],
    ['s3-prefix', 'a/../b', 'a part of it consists of dots'],
    ['s3-prefix', 'a b', 'it holds " "'],
    ['s3-prefix', 'ä', 'it holds "ä"'],
    ['s3-prefix', 's3://b/c', 'write the bucket in `s3-bucket`'],
    ['s3-prefix', 'a'.repeat(201), 'it has 201 characters'],
  ])('%s: %s is an error', (name, given, fault) => {
    const [problem, ...others] = read({ [name]: given }).problems
    expect(others).toEqual([])
    expect(`${problem?.what} ${problem?.allowed}`).toContain(fault)
    expect(problem?.what).toContain(`Input \`${name}\` is `)
  })

  test('an endpoint with a password is an error that does not show it', () => {
    const [problem] = read({ 's3-endpoint': 'https://key:Secret123@host' }).problems
    expect(problem?.what).toContain('AWS_SECRET_ACCESS_KEY')
    expect(JSON.stringify(problem)).not.toContain('Secret123')
  })
})

describe('readS3Server', () => {
  const server = (
    given: Readonly<Record<string, string>>,
    variables: Readonly<Record<string, string>> = {},
  ) => readS3Server(inputsOf({ 's3-bucket': 'bucket', ...given }), (name) => variables[name] ?? '')

  test.each([
    [{ 's3-region': 'eu-west-1' }, {}, 'https://s3.eu-west-1.amazonaws.com', 'eu-west-1', false],
    [
      {},
      { AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'x' },
      'https://s3.eu-west-2.amazonaws.com',
      'eu-west-2',
      false,
    ],
    [{}, { AWS_DEFAULT_REGION: 'cn-north-1' }, 'https://s3.cn-north-1.amazonaws.com.cn', 'cn-north-1', false],
    [
      { 's3-bucket': 'a.b.c', 's3-region': 'eu-west-1' },
      {},
      'https://s3.eu-west-1.amazonaws.com',
      'eu-west-1',
      true,
    ],
    [
      { 's3-endpoint': 'https://s3.eu-west-3.amazonaws.com' },
      { AWS_REGION: 'x' },
      'https://s3.eu-west-3.amazonaws.com',
      'eu-west-3',
      false,
    ],
    [
      { 's3-endpoint': 'https://s3.dualstack.us-gov-west-1.amazonaws.com' },
      {},
      'https://s3.dualstack.us-gov-west-1.amazonaws.com',
      'us-gov-west-1',
      false,
    ],
    [
      { 's3-endpoint': 'https://s3.amazonaws.com', 's3-region': 'eu-west-1' },
      {},
      'https://s3.eu-west-1.amazonaws.com',
      'eu-west-1',
      false,
    ],
    [{ 's3-endpoint': 'http://127.0.0.1:9000' }, {}, 'http://127.0.0.1:9000', 'us-east-1', true],
    [
      { 's3-endpoint': 'http://127.0.0.1:9000' },
      { AWS_REGION: 'here' },
      'http://127.0.0.1:9000',
      'here',
      true,
    ],
    [
      { 's3-endpoint': 'https://x.r2.cloudflarestorage.com' },
      {},
      'https://x.r2.cloudflarestorage.com',
      'auto',
      true,
    ],
    [{ 's3-endpoint': 'https://storage.googleapis.com' }, {}, 'https://storage.googleapis.com', 'auto', true],
    [{}, { AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'http://b/' }, 'http://b', 'us-east-1', true],
    [{ 's3-endpoint': 'http://c' }, { AWS_ENDPOINT_URL: '::invalid::' }, 'http://c', 'us-east-1', true],
  ])('%j %j', (given, variables, endpoint, region, pathStyle) => {
    expect(server(given, variables)).toMatchObject({ server: { endpoint, region, pathStyle } })
  })

  test.each([
    [{ 's3-bucket': '' }, {}, '`s3-bucket` is empty'],
    [{}, {}, 'the region is unknown'],
    [{ 's3-endpoint': 'https://s3.amazonaws.com' }, {}, 'the region is unknown'],
    [{}, { AWS_ENDPOINT_URL_S3: 'minio:9000' }, 'The variable AWS_ENDPOINT_URL_S3 names no S3 server'],
    [{ 's3-endpoint': 'https://bucket.s3.eu-west-1.amazonaws.com' }, {}, 'it names the bucket bucket'],
  ])('%j %j is an error', (given, variables, what) => {
    expect(server(given, variables)).toMatchObject({ problem: { what: expect.stringContaining(what) } })
  })
})

describe('s3Problems', () => {
  const problems = (given: Readonly<Record<string, string>>) => s3Problems(inputsOf(given), () => '')

  test('inputs for S3 need `cache-backend: s3`', () => {
    expect(problems({ 's3-bucket': 'bucket', 's3-prefix': 'x' }).map(({ what }) => what)).toEqual([
      'Input `s3-bucket` is "bucket", but `cache-backend` is "auto"',
      'Input `s3-prefix` is "x", but `cache-backend` is "auto"',
    ])
    expect(problems({})).toEqual([])
  })

  test('S3 needs a bucket and a region, if there is a cache', () => {
    expect(problems({ 'cache-backend': 's3' })).toHaveLength(1)
    expect(problems({ 'cache-backend': 's3', 's3-bucket': 'bucket' })).toHaveLength(1)
    expect(problems({ 'cache-backend': 's3', cache: 'false' })).toEqual([])
    expect(problems({ 'cache-backend': 's3', 's3-bucket': 'bucket', 's3-region': 'eu-west-1' })).toEqual([])
  })
})
