import type { Problem } from '../errors.ts'
import type { Inputs } from './inputs.ts'
import { endpointFault, s3Inputs } from './s3-inputs.ts'

/** An S3 server, and how to address a bucket on it. */
export interface S3Server {
  readonly bucket: string
  readonly region: string
  /** Origin of the server, such as `https://s3.eu-west-1.amazonaws.com`. */
  readonly endpoint: string
  /** Whether the bucket is the first part of the path, and not of the host. */
  readonly pathStyle: boolean
}

type S3InputValues = Pick<Inputs, 's3-bucket' | 's3-endpoint' | 's3-region'>

/** Variables of the AWS SDKs and tools that name a server, in their order of precedence. */
const endpointVariables = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL']

/**
 * Returns the S3 server that inputs and variables of AWS name, or why they name none.
 *
 * @param variable returns the value of a variable; empty when it is not set
 */
export function readS3Server(
  inputs: S3InputValues,
  variable: (name: string) => string,
): { readonly server: S3Server } | { readonly problem: Problem } {
  const bucket = inputs['s3-bucket']
  if (bucket === '') return { problem: noBucket }
  const name = endpointVariables.find((one) => variable(one) !== '')
  const given = inputs['s3-endpoint'] || (name === undefined ? '' : variable(name))
  if (given !== '' && name !== undefined && inputs['s3-endpoint'] === '') {
    const fault = endpointFault(given)
    if (fault !== undefined) return { problem: invalidVariable(name, fault) }
  }
  const host = given === '' ? '' : new URL(given).host
  const aws = awsHost(host)
  if (aws?.bucket) return { problem: bucketInEndpoint(given, aws.bucket) }
  const isAws = host === '' || aws !== undefined
  const region =
    inputs['s3-region'] ||
    aws?.region ||
    variable('AWS_REGION') ||
    variable('AWS_DEFAULT_REGION') ||
    (isAws ? '' : defaultRegion(host))
  if (region === '') return { problem: noRegion }
  const endpoint = host === '' || aws?.region === '' ? awsEndpoint(region) : new URL(given).origin
  // The certificate of AWS covers one level below the host, so a bucket with a dot goes into the path.
  return { server: { bucket, region, endpoint, pathStyle: !isAws || bucket.includes('.') } }
}

/** Returns the parts of a host of AWS, empty where it has none; undefined for another host. */
function awsHost(host: string): { readonly bucket: string; readonly region: string } | undefined {
  const match =
    /^(?:(.+)\.)?s3(?:-fips)?(?:[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?$/
  const [whole, bucket = '', region = ''] = match.exec(host) ?? []
  return whole === undefined ? undefined : { bucket, region }
}

function awsEndpoint(region: string): string {
  return `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

/** Returns the region of a server that is not of AWS. Most servers have only one, and ignore or default its name. */
function defaultRegion(host: string): string {
  return /(?:\.r2\.cloudflarestorage|^storage\.googleapis)\.com$/.test(host) ? 'auto' : 'us-east-1'
}

const noBucket: Problem = {
  what: 'Input `cache-backend` is "s3", but `s3-bucket` is empty',
  allowed: '',
  fix: 'Set `s3-bucket` to the name of the bucket.',
}

const noRegion: Problem = {
  what: 'Input `cache-backend` is "s3", but the region is unknown: `s3-region`, AWS_REGION and AWS_DEFAULT_REGION are empty',
  allowed: '',
  fix: 'Set `s3-region` to the region of the bucket, or put aws-actions/configure-aws-credentials before this step.',
}

function invalidVariable(name: string, fault: string): Problem {
  return {
    what: `The variable ${name} names no S3 server: ${fault}`,
    allowed: 'an http or https address without path, user name and password',
    fix: 'Correct it, or set the input `s3-endpoint`, which overrides it.',
  }
}

function bucketInEndpoint(endpoint: string, bucket: string): Problem {
  return {
    what: `The S3 endpoint is "${endpoint}", but it names the bucket ${bucket}`,
    allowed: 'the address of the server',
    fix: 'Write the bucket only in `s3-bucket`, and remove it from the endpoint, or omit `s3-endpoint`.',
  }
}

const s3Names = ['s3-bucket', 's3-region', 's3-endpoint', 's3-prefix'] as const

/**
 * Returns the problems of the inputs for S3, each by itself valid.
 *
 * @param variable returns the value of a variable; empty when it is not set
 */
export function s3Problems(
  inputs: S3InputValues & Pick<Inputs, 'cache' | 'cache-backend' | 's3-prefix'>,
  variable: (name: string) => string,
): readonly Problem[] {
  const backend = inputs['cache-backend']
  if (backend !== 's3')
    return s3Names
      .filter((name) => inputs[name] !== s3Inputs[name].fallback)
      .map((name) => ({
        what: `Input \`${name}\` is "${inputs[name]}", but \`cache-backend\` is "${backend}"`,
        allowed: '',
        fix: 'Set `cache-backend: s3`, or remove the input.',
      }))
  const read = inputs.cache ? readS3Server(inputs, variable) : undefined
  return read !== undefined && 'problem' in read ? [read.problem] : []
}
