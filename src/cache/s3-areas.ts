import type { Event } from '../github-context.ts'
import type { Inputs, S3Server } from '../inputs/index.ts'
import { isOwnCode, isTrustedRun } from './policy.ts'
import type { StoreChoice } from './store/choose.ts'
import type { S3Target } from './store/s3-target.ts'

/**
 * Returns where this run reads and saves in an S3 bucket. A bucket has no branches, so the names of objects stand for
 * them: trusted runs use one area, and every other branch and pull request has an area of its own, and also reads the
 * trusted one. Trusted runs never read what others saved. Only the policy of the bucket enforces this (docs/s3.md).
 *
 * @param repository as `owner/name`
 */
export function planS3Target(
  inputs: Pick<Inputs, 'cache-save-branches' | 's3-prefix'>,
  server: S3Server,
  event: Event,
  repository: string,
): S3Target {
  const start = inputs['s3-prefix'] === '' ? '' : `${inputs['s3-prefix']}/`
  const trusted = `${start}trusted/${repository}/`
  const isTrusted = isTrustedRun(inputs, event)
  const own = isTrusted ? trusted : `${start}untrusted/${repository}/${runArea(event)}/`
  const { bucket, region, endpoint, pathStyle } = server
  return {
    ...{ bucket, region, endpoint, pathStyle, isTrusted },
    save: own,
    read: isTrusted ? [trusted] : [own, trusted],
  }
}

/**
 * Returns the area of a run that is not trusted: its branch, or its pull request. An event such as
 * `pull_request_target` or `issue_comment` has the ref of the default branch and more rights than a pull request, so it
 * has an area of its own.
 */
function runArea(event: Event): string {
  const ref = objectNameText(event.ref.replace(/^refs\//, '').replace(/^(pull\/\d+)\/.*$/, '$1') || 'none')
  return isOwnCode(event) || /^refs\/pull\//.test(event.ref)
    ? ref
    : `event/${objectNameText(event.name)}/${ref}`
}

/** Encodes text for the name of an object: `!` and hexadecimal digits stand for other bytes than letters, digits and `._/-`. */
function objectNameText(text: string): string {
  const hex = (bytes: Buffer) => [...bytes].map((byte) => `!${byte.toString(16).padStart(2, '0')}`).join('')
  return text.replaceAll(/[^A-Za-z0-9._/-]+/g, (one) => hex(Buffer.from(one)))
}

/** Describes an S3 target for the log. */
export function s3TargetText({ bucket, endpoint, read, save }: S3Target): string {
  const others = read.filter((area) => area !== save)
  const reads = others.length === 0 ? '' : `, and also reads ${others.join(', ')}`
  return `S3 bucket ${bucket} at ${endpoint.replace(/^https?:\/\//, '')}, ${save}${reads}`
}

/** Returns the command that deletes an entry, for messages. In S3 most entries are of trusted runs. */
export function deleteCommand(choice: StoreChoice, key: string): string {
  if (typeof choice !== 'object') return `gh cache delete ${key}`
  return `aws s3 rm s3://${choice.bucket}/${choice.read.at(-1)}${key}`
}
