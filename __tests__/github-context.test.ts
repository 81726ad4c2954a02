import * as path from 'node:path'
import { expect, test } from 'vitest'
import { readEvent, readJobIdentity } from '../src/github-context.ts'
import { temporaryFolder, writeFiles } from './temporary.ts'

function read(name: string, ref: string, payload: unknown) {
  const folder = temporaryFolder()
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  writeFiles(folder, { 'event.json': text })
  return readEvent({
    GITHUB_EVENT_NAME: name,
    GITHUB_REF: ref,
    GITHUB_EVENT_PATH: path.join(folder, 'event.json'),
  })
}

const repository = { default_branch: 'main', full_name: 'org/app' }
const pull = (head: unknown) => ({
  repository,
  pull_request: { head: { repo: head }, base: { repo: { full_name: 'org/app' } } },
})

test.each([
  ['push', 'refs/heads/main', { repository }, 'main', false],
  ['schedule', 'refs/heads/trunk', { schedule: '0 0 * * *' }, 'trunk', false],
  ['push', 'refs/heads/main', {}, undefined, false],
  ['push', 'refs/heads/main', 'not json', undefined, false],
  ['push', 'refs/heads/main', 'null', undefined, false],
  ['pull_request', 'refs/pull/1/merge', pull({ full_name: 'org/app' }), 'main', false],
  ['pull_request', 'refs/pull/1/merge', pull({ full_name: 'someone/app' }), 'main', true],
  ['pull_request', 'refs/pull/1/merge', pull(null), 'main', true],
])('%s on %s with %j', (name, ref, payload, defaultBranch, fork) => {
  expect(read(name, ref, payload)).toEqual({ name, ref, defaultBranch, fork })
})

test('returns no facts without variables', () => {
  expect(readEvent({})).toEqual({ name: '', ref: '', defaultBranch: undefined, fork: false })
})

test('a job is the same on every branch', () => {
  const on = (branch: string) =>
    readJobIdentity(
      { GITHUB_WORKFLOW_REF: `org/app/.github/workflows/ci.yml@${branch}`, GITHUB_JOB: 'test' },
      'null',
    )
  expect(on('refs/heads/main')).toEqual(on('refs/heads/feature'))
  expect(readJobIdentity({ GITHUB_WORKFLOW: 'CI' }, '')).toEqual({ workflow: 'CI', id: '', matrix: 'null' })
})
