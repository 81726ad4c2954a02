import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { planS3Target } from '../../../src/cache/s3-areas.ts'
import { s3Service } from '../../../src/cache/store/s3.ts'
import { type S3Target, s3Address } from '../../../src/cache/store/s3-target.ts'
import type { Event } from '../../../src/github-context.ts'
import { s3Client } from '../../../src/platform/s3-client.ts'
import type { TransferOptions } from '../../../src/platform/transfer.ts'
import { type S3Server, s3Keys, startS3Server } from '../../../testbed/s3-server.ts'
import { stubAws } from '../../harness/aws.ts'
import { root } from '../../harness/bed.ts'
import { isUnix } from '../../temporary.ts'

const options: TransferOptions = { signal: new AbortController().signal, pause: async () => {} }
const users = { trusted: 'TrustedSecret1234567890', untrusted: 'UntrustedSecret1234567890' }
type User = keyof typeof users

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
}

/** The permissions of a role, as docs/s3.md shows them. */
function permissionsOf(user: User): readonly Statement[] {
  const page = readFileSync(path.join(root, 'docs/s3.md'), 'utf8')
  const heading = `The permissions of \`go-cache-${user}\`:\n\n\`\`\`json\n`
  const from = page.indexOf(heading) + heading.length
  const policy = JSON.parse(page.slice(from, page.indexOf('```', from))) as {
    readonly Statement: Statement[]
  }
  return policy.Statement
}

const base: Event = {
  ...{ name: 'push', ref: 'refs/heads/main', defaultBranch: 'main', isPublic: false, fork: false },
}

let server: S3Server

/** Where a run keeps its entries, with the names of docs/s3.md. */
function target(event: Partial<Event> = {}): S3Target {
  const place = { bucket: 'my-go-caches', region: 'us-east-1', endpoint: server.url, pathStyle: true }
  const inputs = { 's3-prefix': 'go-deps-action', 'cache-save-branches': [] }
  return planS3Target(inputs, place, { ...base, ...event }, 'my-org/my-repo')
}

function as(user: User): void {
  stubAws({ AWS_ACCESS_KEY_ID: user, AWS_SECRET_ACCESS_KEY: users[user] })
}

async function save(one: S3Target, key: string, inParts = false) {
  const upload = await s3Service(one).create(key, options)
  if ('kind' in upload) return upload
  if (!inParts) return upload.putWhole(Buffer.from(key))
  await upload.putPart(1, Buffer.from(key))
  return upload.complete([1], key.length)
}

const found = async (one: S3Target, key: string) => (await s3Service(one).find(key, [], options))?.key

// versitygw keeps objects as files, which its authors test on Unix only. It knows no conditions, so what ListBucket may list is not tested.
describe.runIf(isUnix)('the permissions in docs/s3.md', () => {
  const pull = { name: 'pull_request', ref: 'refs/pull/7/merge' }

  beforeAll(async () => {
    server = await startS3Server({ buckets: ['my-go-caches'], users })
    const Statement = (['trusted', 'untrusted'] as const).flatMap((user) =>
      permissionsOf(user).map(({ Action, Resource }) => ({
        ...{ Effect: 'Allow', Principal: { AWS: [user] }, Action, Resource },
      })),
    )
    stubAws(s3Keys)
    const body = Buffer.from(JSON.stringify({ Version: '2012-10-17', Statement }))
    const url = s3Address(target(), '', { policy: '' })
    const answer = await s3Client('us-east-1').send({ method: 'PUT', url, body }, options)
    expect(answer.text).toBe('')
    expect(answer.status).toBe(204)
  })
  afterAll(() => server.stop())
  afterEach(() => void vi.unstubAllEnvs())

  test('suffice for a trusted run', async () => {
    as('trusted')
    expect(await save(target(), 'a')).toEqual({ kind: 'saved' })
    expect(await save(target(), 'b', true)).toEqual({ kind: 'saved' })
    expect(await save(target(), 'b')).toEqual({ kind: 'outrun' })
    expect(await found(target(), 'b')).toBe('b')
    expect(await s3Service(target()).check(30)).toBeUndefined()
  })

  test('suffice for a pull request', async () => {
    as('untrusted')
    expect(await found(target(pull), 'a')).toBe('a')
    expect(await save(target(pull), 'own', true)).toEqual({ kind: 'saved' })
    expect(await found(target(pull), 'own')).toBe('own')
  })

  test('keep a pull request from writing what trusted runs read, whatever its workflow says', async () => {
    as('untrusted')
    await expect(save(target(), 'evil')).rejects.toThrow(/is denied .*: allow s3:PutObject/)
    await expect(save(target(), 'evil', true)).rejects.toThrow(/is denied/)
    expect(await save({ ...target(), isTrusted: false }, 'evil')).toMatchObject({ kind: 'denied' })
    expect(server.objects('my-go-caches').filter((name) => name.includes('evil'))).toEqual([])
  })

  test('keep a trusted run from writing elsewhere', async () => {
    as('trusted')
    expect(await save(target(pull), 'k')).toMatchObject({ kind: 'denied' })
  })
})
