/** Where the entries of this run are in an S3 bucket. It holds no secret. */
export interface S3Target {
  readonly bucket: string
  readonly region: string
  /** Origin of the server. */
  readonly endpoint: string
  /** Whether the bucket is the first part of the path, and not of the host. */
  readonly pathStyle: boolean
  /** Whether this run is trusted, so that its role should be able to save. */
  readonly isTrusted: boolean
  /** Start of the names of objects that this run saves, up to the key. */
  readonly save: string
  /** Starts of the names that this run reads, its own first. */
  readonly read: readonly string[]
}

/**
 * Returns the address of an object, or of the bucket.
 *
 * @param name the name; empty for the bucket
 * @param query what to do with it
 */
export function s3Address(
  { bucket, endpoint, pathStyle }: S3Target,
  name: string,
  query: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(endpoint)
  if (!pathStyle) url.hostname = `${bucket}.${url.hostname}`
  url.pathname = `${pathStyle ? `/${bucket}` : ''}/${name.split('/').map(strictlyEncoded).join('/')}`
  url.search = Object.entries(query)
    .map(([key, value]) => `${key}=${strictlyEncoded(value)}`)
    .join('&')
  return url
}

/** Encodes text as a signature requires: everything but letters, digits and `-._~` (RFC 3986, unreserved). */
function strictlyEncoded(text: string): string {
  const hex = (one: string) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, hex)
}
