import { chmodSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { git } from '../../testbed/git-repository.ts'
import { type Bed, startBed } from '../harness/bed.ts'
import { isFull } from '../harness/extent.ts'
import { compiledPackages, testResults } from '../harness/go-output.ts'
import { type Places, type RunnerJob, runnerJob, said } from '../harness/runner-job.ts'
import { isUnix, writeFiles } from '../temporary.ts'

/** Linking tests takes longest: a short run has one of each kind. */
const all = [
  'lists',
  'plain',
  'reads',
  ...(isFull ? ['environment'] : []),
  ...(isUnix && isFull ? ['linked'] : []),
].sort()
/** Tests that read files, which are new in every checkout. */
const readers = all.filter((name) => !['environment', 'plain'].includes(name))
/** The tracked files that these tests read. */
const named = [
  ...['lists/testdata/pages/end.txt', 'lists/testdata/pages/start.txt', 'reads/testdata/input.txt'],
  ...(all.includes('linked') ? ['linked/testdata/link.txt', 'shared/target.txt'] : []),
].sort()

const repository = {
  'go.mod': 'module example.com/results\n\ngo 1.24\n',
  'README.md': 'No test looks at this.\n',
  ...(isFull ? { 'environment/environment_test.go': testOf('environment', 'os.Getenv("MOOD")') } : {}),
  'lists/lists_test.go': testOf('lists', 'len(must(os.ReadDir("testdata/pages")))'),
  'lists/testdata/pages/start.txt': 'Once upon a time.\n',
  'lists/testdata/pages/end.txt': 'The end.\n',
  'plain/plain_test.go': testOf('plain', 'os.Args[0] != ""'),
  'plain/testdata/unread.txt': 'Nor at this.\n',
  'reads/reads_test.go': testOf('reads', 'len(must(os.ReadFile("testdata/input.txt")))'),
  'reads/testdata/input.txt': 'one\n',
}

/** A package with a test that passes whatever it reads. */
function testOf(name: string, sees: string): string {
  return [
    `package ${name}`,
    'import (\n\t"os"\n\t"testing"\n)',
    'func must[T any](value T, err error) T {\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\treturn value\n}',
    `func TestIt(t *testing.T) {\n\tt.Log(${sees})\n\t_ = must[int]\n}\n`,
  ].join('\n\n')
}

const stable = { with: { 'test-cache': 'stable' } }
/** Inputs of a run that changes nothing in the store, so that the next one finds the same entries. */
const reading = (testCache: string) => ({ with: { 'test-cache': testCache, 'cache-mode': 'read' } })

interface Change {
  readonly title: string
  readonly change: (folder: string) => void
  /** The packages whose tests read it. */
  readonly reruns: readonly string[]
}

const writes = (name: string, text: string) => (folder: string) => writeFiles(folder, { [name]: text })
const changes: readonly Change[] = [
  { title: 'same size', change: writes('reads/testdata/input.txt', 'two\n'), reruns: ['reads'] },
  {
    title: 'same size, in a listed directory',
    change: writes('lists/testdata/pages/end.txt', 'The And.\n'),
    reruns: ['lists'],
  },
  {
    title: 'a new file in a listed directory',
    change: writes('lists/testdata/pages/more.txt', ''),
    reruns: ['lists'],
  },
  {
    title: 'a file that no test reads',
    change: writes('plain/testdata/unread.txt', 'Nor at that.\n'),
    reruns: [],
  },
  ...(isUnix ? changesOnUnix() : []).filter(({ reruns }) => reruns.every((name) => all.includes(name))),
]

function changesOnUnix(): readonly Change[] {
  return [
    {
      title: 'another mode',
      change: (folder) => chmodSync(path.join(folder, 'reads/testdata/input.txt'), 0o755),
      reruns: ['reads'],
    },
    {
      title: 'same size, behind a link',
      change: writes('shared/target.txt', 'eight\n'),
      reruns: ['linked'],
    },
  ]
}

/** Runs all tests in a fresh checkout on a new machine, and returns those that were not cached. */
async function testJob(bed: Bed, options: RunnerJob) {
  const work = [
    'git diff-index --quiet HEAD 2> /dev/null || echo "git: changed"',
    'git status --porcelain 2> /dev/null || true',
    'GOPROXY=off go test -x -vet=off ./...',
  ].join('\n')
  const { main, shell, post, places } = await runnerJob(bed, { run: work, ...options })
  const output = `${main.log}\n${shell?.stdout}\n${shell?.stderr.slice(-1000)}\n${post.log}`
  expect([main.exitCode, shell?.exitCode, post.exitCode], output).toEqual([0, 0, 0])
  expect([...said(main, 'warning'), ...said(post, 'warning')]).toEqual([])
  const results = [...testResults(shell?.stdout ?? '')]
  expect(results.map(([name]) => path.posix.basename(name)).sort()).toEqual(all)
  const rerun = results.flatMap(([name, result]) =>
    result === '(cached)' ? [] : [path.posix.basename(name)],
  )
  const clean = !/^(?:git:|[ MADRCU?]{2} )/m.test(shell?.stdout ?? '')
  return { main, post, places, rerun: rerun.sort(), clean, compiled: compiledPackages(shell?.stderr ?? '') }
}

/** Changes the repository that jobs check out, runs an action, and reverts the change. */
async function changed<T>(bed: Bed, change: (folder: string) => void, then: () => Promise<T>): Promise<T> {
  change(bed.checkedOut)
  await git(bed.checkedOut, 'add', '--all')
  await git(bed.checkedOut, 'commit', '--quiet', '--message=Change')
  try {
    return await then()
  } finally {
    await git(bed.checkedOut, 'reset', '--quiet', '--hard', 'HEAD~1')
  }
}

/** The tracked files dated before Go existed. */
async function stableFiles({ workspace }: Places): Promise<readonly string[]> {
  const tracked = (await git(workspace, 'ls-files')).split('\n')
  return tracked.filter((file) => lstatSync(path.join(workspace, file)).mtimeMs < Date.UTC(2009, 10)).sort()
}

test('stable: the third run finds the results of all tests, and a change reruns exactly the tests that read it', {
  timeout: 600_000,
}, async () => {
  const bed = await learned()
  const read = reading('stable')
  for (const together of isFull ? changes.map((one) => [one]) : [changes]) {
    const title = together.map((one) => one.title).join(', ')
    const change = (folder: string) => {
      for (const one of together) one.change(folder)
    }
    const { rerun, clean } = await changed(bed, change, () => testJob(bed, read))
    const reruns = [...new Set(together.flatMap((one) => one.reruns))].sort()
    expect({ title, rerun, clean }).toEqual({ title, rerun: reruns, clean: true })
  }
})

test.runIf(isFull)(
  'stable: files that are untracked, modified or outside of git, and the other values',
  {
    timeout: 600_000,
  },
  async () => {
    const bed = await learned()
    const read = reading('stable')
    const moody = await testJob(bed, { ...read, env: { MOOD: 'good' } })
    expect(moody.rerun).toEqual(['environment'])

    const dirty = (places: Places) =>
      writeFileSync(path.join(places.workspace, 'reads/testdata/input.txt'), 'six\n')
    const modified = await testJob(bed, { ...read, prepare: dirty })
    expect(modified.rerun).toEqual(['reads'])
    expect(await stableFiles(modified.places)).not.toContain('reads/testdata/input.txt')

    const exported = await testJob(bed, {
      ...read,
      prepare: ({ workspace }) => rmSync(path.join(workspace, '.git'), { recursive: true, maxRetries: 5 }),
    })
    expect(said(exported.main, 'notice')).toEqual([expect.stringContaining('needs a git checkout')])
    expect(exported.rerun).toEqual(readers)

    const kept = await testJob(bed, reading('keep'))
    expect(kept.rerun).toEqual(readers)
    expect(await stableFiles(kept.places)).toEqual([])

    const expired = await testJob(bed, reading('expire'))
    expect(expired.rerun).toEqual(all)
    expect(expired.compiled).toEqual([])
  },
)

/** Fixtures with an entry of the third run with `stable`, which found the results of all tests. */
async function learned(): Promise<Bed> {
  const bed = await startBed()
  await bed.repository(undefined, repository)
  if (all.includes('linked')) await addLink(bed)

  const learning = await testJob(bed, stable)
  expect(learning.rerun).toEqual(all)
  expect(learning.post.stdout).toContain('Build cache: saved')
  expect(await stableFiles(learning.places)).toEqual([])

  const settling = await testJob(bed, stable)
  expect(settling.rerun).toEqual(readers)
  expect(settling.post.stdout).toContain('Build cache: saved')

  const third = await testJob(bed, stable)
  expect(third.rerun).toEqual([])
  expect(third.compiled).toEqual([])
  expect(third.clean).toBe(true)
  expect(await stableFiles(third.places)).toEqual(named)
  expect(third.post.stdout).toContain('Build cache: up to date')
  return bed
}

async function addLink(bed: Bed): Promise<void> {
  writeFiles(bed.checkedOut, {
    'linked/linked_test.go': testOf('linked', 'len(must(os.ReadFile("testdata/link.txt")))'),
    'shared/target.txt': 'seven\n',
  })
  mkdirSync(path.join(bed.checkedOut, 'linked/testdata'))
  symlinkSync('../../shared/target.txt', path.join(bed.checkedOut, 'linked/testdata/link.txt'))
  await git(bed.checkedOut, 'add', '--all')
  await git(bed.checkedOut, 'commit', '--quiet', '--message=Link')
}
