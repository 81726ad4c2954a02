import type { Declaration, Kind } from './kinds.ts'

/** A name of a bucket (docs.aws.amazon.com, "General purpose bucket naming rules"). Other servers have the same rules. */
const bucketName: Kind<string> = {
  allowed: 'the name of a bucket: 3 to 63 lower-case letters, digits, hyphens and dots',
  parse: (value) => (value === '' || bucketFault(value) === undefined ? value : undefined),
  fault: bucketFault,
}

function bucketFault(value: string): string | undefined {
  if (/^arn:/.test(value))
    return 'it is an ARN: write the name of the bucket, or the alias of the access point'
  if (/^s3:\/\//i.test(value))
    return 'it is an address: write only the name, and what follows it in `s3-prefix`'
  if (value.includes('://')) return 'it is an address: write it in `s3-endpoint`, and only the name here'
  if (value.includes('/')) return 'it holds a slash: write what follows the name in `s3-prefix`'
  if (/--x-s3$/.test(value))
    return 'it is a directory bucket, whose listing has no order: use a general purpose bucket'
  if (value.length < 3 || value.length > 63) return `it has ${value.length} characters`
  const [invalid] = /[^a-z0-9.-]/.exec(value) ?? []
  if (invalid !== undefined) return `it holds "${invalid}"`
  if (!/^[a-z0-9].*[a-z0-9]$/.test(value)) return 'it does not begin and end with a letter or digit'
  if (value.includes('..')) return 'it holds two dots in a row'
  return /^\d+\.\d+\.\d+\.\d+$/.test(value) ? 'it looks like an IP address' : undefined
}

/** A region, in the form of AWS or of another server, such as `auto`. */
const region: Kind<string> = {
  allowed: 'the name of a region, such as `eu-west-1`',
  parse: (value) =>
    /^(?:[a-z0-9][a-z0-9-]{0,62})?$/.test(value) && zoneFault(value) === undefined ? value : undefined,
  fault: zoneFault,
}

function zoneFault(value: string): string | undefined {
  return /^[a-z]{2}-[a-z-]+-\d[a-z]$/.test(value)
    ? 'it is an availability zone: omit its last letter'
    : undefined
}

/** The address of a server. */
const endpoint: Kind<string> = {
  allowed:
    'an http or https address without path, user name and password, such as `https://minio.example.com:9000`',
  parse: (value) => {
    if (value === '') return ''
    return endpointFault(value) === undefined ? new URL(value).origin : undefined
  },
  fault: endpointFault,
  shown: (value) => value.replace(/\/\/.*@/s, '//***@').replace(/[?#].*$/s, '?***'),
}

/** Returns why a text is not the address of an S3 server; undefined when it is. Shows no secret. */
export function endpointFault(value: string): string | undefined {
  if (!/^https?:\/\//i.test(value))
    return value.includes('://') ? 'it is not an http or https address' : 'it does not begin with `https://`'
  if (!URL.canParse(value)) return 'it has no valid host'
  const url = new URL(value)
  if (url.username !== '' || url.password !== '')
    return 'it holds a user name or password: put the keys into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  if (url.search !== '' || url.hash !== '') return 'it has a query or fragment'
  return url.pathname === '/' ? undefined : 'it has a path: write the bucket in `s3-bucket`'
}

/** Maximum length of a prefix. With a repository, a branch and a key, a name has to stay below 1,024 bytes. */
const mostPrefix = 200

/** The start of all object names, without a slash at its end. */
const prefix: Kind<string> = {
  allowed: `at most ${mostPrefix} letters, digits, \`.\`, \`_\`, \`-\` and \`/\``,
  parse: (value) => (prefixFault(value) === undefined ? value.replace(/\/$/, '') : undefined),
  fault: prefixFault,
}

function prefixFault(value: string): string | undefined {
  if (/^s3:\/\//i.test(value)) return 'it is an address: write the bucket in `s3-bucket`'
  const [invalid] = /[^A-Za-z0-9._/-]/.exec(value) ?? []
  if (invalid !== undefined) return `it holds ${JSON.stringify(invalid)}`
  if (value.startsWith('/')) return 'it begins with a slash'
  if (value.includes('//')) return 'it holds two slashes in a row'
  if (value.split('/').some((part) => /^\.{1,2}$/.test(part))) return 'a part of it consists of dots'
  return value.length > mostPrefix ? `it has ${value.length} characters` : undefined
}

/** The inputs for a cache in an S3 bucket. */
export const s3Inputs = {
  's3-bucket': {
    kind: bucketName,
    fallback: '',
    help: 'The bucket for `cache-backend: s3`. See docs/s3.md.',
    fix: 'Write only the name of the bucket.',
  },
  's3-region': {
    kind: region,
    fallback: '',
    help: 'The region of `s3-bucket`. Empty: the region in the endpoint, or `AWS_REGION`, or `AWS_DEFAULT_REGION`; for a server other than AWS, `us-east-1`.',
    fix: 'Write the name of the region in which the bucket was created.',
  },
  's3-endpoint': {
    kind: endpoint,
    fallback: '',
    help: 'The address of an S3-compatible server. Empty: `AWS_ENDPOINT_URL_S3`, or `AWS_ENDPOINT_URL`, or AWS.',
    fix: 'Write it as in `https://minio.example.com:9000`, or omit the input for AWS.',
  },
  's3-prefix': {
    kind: prefix,
    fallback: 'go-deps-action',
    help: 'The start of the names of all objects in `s3-bucket`: up to 200 ASCII letters, digits, `.`, `_`, `-` and `/`. Empty: the default.',
    fix: 'Write it as in `caches/go`.',
  },
} as const satisfies Readonly<Record<string, Declaration<unknown>>>
