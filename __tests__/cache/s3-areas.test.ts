import { describe, expect, test } from 'vitest'
import { planS3Target, s3TargetText } from '../../src/cache/s3-areas.ts'
import { s3Address } from '../../src/cache/store/s3-target.ts'
import type { Event } from '../../src/github-context.ts'

const server = {
  ...{ bucket: 'b', region: 'eu-west-1', endpoint: 'https://s3.eu-west-1.amazonaws.com', pathStyle: false },
}
const push: Event = {
  ...{ name: 'push', ref: 'refs/heads/main', defaultBranch: 'main', isPublic: false, fork: false },
}
const inputs = { 'cache-save-branches': [], 's3-prefix': 'p' } as const
const plan = (
  event: Partial<Event>,
  more: { readonly [Name in keyof typeof inputs]?: (typeof inputs)[Name] | readonly string[] | '' } = {},
) => planS3Target({ ...inputs, ...more } as never, server, { ...push, ...event }, 'o/r')

const trusted = 'p/trusted/o/r/'

describe('planS3Target', () => {
  test.each<Partial<Event>>([
    {},
    { name: 'workflow_dispatch' },
    { name: 'repository_dispatch' },
    { name: 'schedule' },
  ])('trusts the default branch: %j', (event) => {
    expect(plan(event)).toMatchObject({ isTrusted: true, save: trusted, read: [trusted] })
  })

  test('trusts branches that an input names', () => {
    const branches = { 'cache-save-branches': ['release/*'] }
    expect(plan({ ref: 'refs/heads/release/1' }, branches).isTrusted).toBe(true)
    expect(plan({}, branches).isTrusted).toBe(false)
  })

  test.each<readonly [Partial<Event>, string]>([
    [{ ref: 'refs/heads/feature/x_y-1.2' }, 'heads/feature/x_y-1.2'],
    [{ name: 'workflow_dispatch', ref: 'refs/heads/feature' }, 'heads/feature'],
    [{ defaultBranch: undefined }, 'heads/main'],
    [{ ref: 'refs/tags/v1' }, 'tags/v1'],
    [{ ref: 'refs/heads/a!b+ä' }, 'heads/a!21b!2b!c3!a4'],
    [{ name: 'pull_request', ref: 'refs/pull/7/merge' }, 'pull/7'],
    [{ name: 'pull_request', ref: 'refs/pull/7/merge', fork: true }, 'pull/7'],
    [{ name: 'pull_request_review', ref: 'refs/pull/7/merge' }, 'pull/7'],
    // With the ref of the default branch, and the content of anyone.
    [{ name: 'pull_request_target', fork: true }, 'event/pull_request_target/heads/main'],
    [{ name: 'issue_comment' }, 'event/issue_comment/heads/main'],
    [{ name: 'workflow_run' }, 'event/workflow_run/heads/main'],
    [
      { name: 'merge_group', ref: 'refs/heads/gh-readonly-queue/main/pr-7-abc' },
      'event/merge_group/heads/gh-readonly-queue/main/pr-7-abc',
    ],
    [{ name: 'release', ref: '' }, 'event/release/none'],
  ])('gives others an area of their own: %j', (event, area) => {
    const own = `p/untrusted/o/r/${area}/`
    expect(plan(event)).toMatchObject({ isTrusted: false, save: own, read: [own, trusted] })
  })

  test('works without a prefix', () => {
    expect(plan({}, { 's3-prefix': '' }).save).toBe('trusted/o/r/')
  })

  test('is described for the log', () => {
    expect(s3TargetText(plan({}))).toBe('S3 bucket b at s3.eu-west-1.amazonaws.com, p/trusted/o/r/')
    expect(s3TargetText(plan({ name: 'pull_request', ref: 'refs/pull/7/merge' }))).toBe(
      'S3 bucket b at s3.eu-west-1.amazonaws.com, p/untrusted/o/r/pull/7/, and also reads p/trusted/o/r/',
    )
  })
})

describe('s3Address', () => {
  const target = { ...plan({}), pathStyle: false }
  test('puts the bucket into the host or the path', () => {
    expect(s3Address(target, 'a/b').href).toBe('https://b.s3.eu-west-1.amazonaws.com/a/b')
    expect(s3Address({ ...target, pathStyle: true }, '', { prefix: 'a/!' }).href).toBe(
      'https://s3.eu-west-1.amazonaws.com/b/?prefix=a%2F%21',
    )
  })

  test("encodes everything that a signature's path requires", () => {
    expect(s3Address(target, "a!b'(c)*+=ä").pathname).toBe('/a%21b%27%28c%29%2A%2B%3D%C3%A4')
  })
})
