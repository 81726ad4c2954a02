import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  checkedOut,
  configuredPath,
  gitOutside,
  ignoredFiles,
  indexEntries,
  refreshIndex,
  runGit,
  trackedFiles,
  unsureFiles,
  writePatch,
} from '../../src/platform/git.ts'
import { run } from '../../src/platform/processes.ts'
import { git } from '../../testbed/git-repository.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

/** A checkout, and a program that writes a file where it is started. */
async function checkout() {
  const folder = temporaryFolder()
  const [workspace, marker, program] = ['work', 'started', 'program'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string]
  mkdirSync(workspace)
  writeFileSync(program, `#!/bin/sh\ntouch '${marker}'\ncat\n`)
  chmodSync(program, 0o755)
  await git(workspace, 'init', '--quiet', '--initial-branch=main')
  writeFiles(workspace, { 'go.mod': 'module example.com/a\n', 'sub/go.mod': 'module example.com/a/sub\n' })
  await git(workspace, 'add', '.')
  await git(workspace, 'commit', '--quiet', '--message=Start')
  vi.stubEnv('GITHUB_WORKSPACE', workspace)
  vi.stubEnv('HOME', folder)
  return { folder, workspace, program, wasStarted: () => existsSync(marker) }
}

beforeEach(() => {
  onTestFinished(() => void vi.unstubAllEnvs())
})

/** Runs every git command of this action. */
async function askEverything(directory: string, folder: string): Promise<void> {
  await trackedFiles(directory, 'go.mod', process.env)
  await checkedOut(directory, process.env)
  await ignoredFiles(directory, ['x'], process.env)
  await indexEntries(directory, process.env)
  await unsureFiles(directory, process.env)
  await refreshIndex(directory, process.env)
  await configuredPath('http.sslCAInfo', directory, process.env)
  await gitOutside(directory, ['config', '--get', 'core.sshCommand'], process.env)
  const scratch = path.join(folder, 'scratch')
  mkdirSync(scratch, { recursive: true })
  await writePatch(directory, [directory], path.join(folder, 'patch'), scratch, process.env)
}

describe.runIf(isUnix)('a bare repository that a checkout contains', () => {
  /** Files that any checkout may contain. */
  async function embed(place: string, settings: readonly (readonly [string, string])[]) {
    execFileSync('git', ['init', '--quiet', '--bare', `${place}.git`])
    mkdirSync(place, { recursive: true })
    for (const name of ['HEAD', 'objects', 'refs', 'config'])
      renameSync(path.join(`${place}.git`, name), path.join(place, name))
    const set = (key: string, value: string) =>
      execFileSync('git', ['config', '--file', path.join(place, 'config'), key, value])
    set('core.bare', 'false')
    set('core.worktree', place)
    writeFiles(place, { '.gitattributes': '* filter=evil diff=evil\n' })
    execFileSync('git', ['-C', place, 'add', '.gitattributes'])
    writeFiles(place, { '.gitattributes': '* filter=evil diff=evil\n\n' })
    for (const [key, value] of settings) set(key, value)
  }

  test.each([
    'core.fsmonitor',
    'filter.evil.clean',
    'filter.evil.process',
    'diff.external',
    'diff.evil.command',
    'diff.evil.textconv',
    'core.pager',
    'core.sshCommand',
    'credential.helper',
    'core.hooksPath',
  ])('starts no program by its %s', async (key) => {
    const { folder, workspace, program, wasStarted } = await checkout()
    const place = path.join(workspace, 'sub')
    await embed(place, [[key, key === 'core.hooksPath' ? folder : program]])
    if (key === 'core.hooksPath') execFileSync('cp', [program, path.join(folder, 'post-index-change')])
    await askEverything(place, folder)
    expect(wasStarted()).toBe(false)
    // Plain git would have started this one, so the test is meaningful.
    if (key === 'core.fsmonitor') {
      execFileSync('git', ['-C', place, 'ls-files'], { stdio: 'ignore' })
      expect(wasStarted()).toBe(true)
    }
  })

  test('is ignored by git of any version, and the surrounding checkout is used', async () => {
    const { workspace } = await checkout()
    await embed(path.join(workspace, 'sub'), [])
    expect(await trackedFiles(workspace, 'go.mod', process.env)).toEqual(['go.mod', 'sub/go.mod'])
    expect(await trackedFiles(path.join(workspace, 'sub'), 'go.mod', process.env)).toBeUndefined()
    expect(await indexEntries(path.join(workspace, 'sub'), process.env)).toMatchObject({
      kind: 'no-git',
      why: expect.stringContaining('looks like a bare repository'),
    })
  })
})

describe.runIf(isUnix)('the settings of a repository', () => {
  test.each([
    ['core.fsmonitor', (program: string) => program],
    ['core.hooksPath', (program: string) => path.dirname(program)],
  ])('start no program by %s', async (key, value) => {
    const { folder, workspace, program, wasStarted } = await checkout()
    execFileSync('cp', [program, path.join(folder, 'post-index-change')])
    await git(workspace, 'config', key, value(program))
    writeFiles(workspace, { 'go.mod': 'module example.com/b\n' })
    await askEverything(workspace, folder)
    expect(wasStarted()).toBe(false)
  })

  test('download nothing: a clone with missing objects stays as it is', async () => {
    const { folder, workspace, program, wasStarted } = await checkout()
    const [blob] = (await git(workspace, 'rev-parse', 'HEAD:go.mod')).split('\n')
    await git(workspace, 'config', 'remote.origin.url', `ext::${program}`)
    await git(workspace, 'config', 'remote.origin.promisor', 'true')
    await git(workspace, 'config', 'protocol.ext.allow', 'always')
    await git(workspace, 'config', 'extensions.partialClone', 'origin')
    renameSync(path.join(workspace, '.git', 'objects', `${blob}`.slice(0, 2)), path.join(folder, 'gone'))
    writeFiles(workspace, { 'go.mod': 'module example.com/b\n' })
    expect(await checkedOut(workspace, process.env)).toBeUndefined()
    expect(wasStarted()).toBe(false)
  })
})

describe('the directories that git reads', () => {
  test('a repository above the checkout is not used', async () => {
    const { folder, workspace } = await checkout()
    await git(folder, 'init', '--quiet')
    const inner = path.join(folder, 'other')
    mkdirSync(inner)
    vi.stubEnv('GITHUB_WORKSPACE', inner)
    expect(await trackedFiles(inner, 'go.mod', process.env)).toBeUndefined()
    vi.stubEnv('GITHUB_WORKSPACE', workspace)
    expect(await trackedFiles(path.join(workspace, 'sub'), 'go.mod', process.env)).toEqual(['go.mod'])
  })

  test('user settings are read without the settings of the current repository', async () => {
    const { folder, workspace } = await checkout()
    writeFiles(folder, { '.gitconfig': '[core]\n\tsshCommand = ssh -v\n' })
    await git(workspace, 'config', 'core.sshCommand', 'evil')
    expect((await gitOutside(workspace, ['config', '--get', 'core.sshCommand'], process.env))?.stdout).toBe(
      'ssh -v\n',
    )
  })
})

test.runIf(isUnix)('git as a child of the go command runs neither hooks nor a file monitor', async () => {
  const { folder, workspace, program, wasStarted } = await checkout()
  await git(workspace, 'config', 'core.fsmonitor', program)
  vi.stubEnv('GIT_CONFIG_COUNT', '1')
  vi.stubEnv('GIT_CONFIG_KEY_0', 'user.name')
  vi.stubEnv('GIT_CONFIG_VALUE_0', 'me')
  // As the go command runs it for the version in a binary (cmd/go/internal/vcs).
  writeFiles(folder, { 'bin/go': '#!/bin/sh\ngit status --porcelain >&2; git config user.name\n' })
  chmodSync(path.join(folder, 'bin', 'go'), 0o755)
  vi.stubEnv('PATH', `${path.join(folder, 'bin')}:${process.env.PATH}`)
  const ran = await run('go', ['version'], { cwd: workspace, variables: process.env })
  expect(ran).toMatchObject({ code: 0, stdout: 'me\n', stderr: '' })
  expect(wasStarted()).toBe(false)
  expect(await runGit(workspace, ['config', 'user.name'], process.env)).toMatchObject({ stdout: 'me\n' })
})

test('git on Windows reads paths of more than 260 characters', async () => {
  const folder = temporaryFolder()
  const ran = await gitOutside(folder, ['config', '--get', 'core.longpaths'], process.env)
  expect(ran?.stdout).toBe('true\n')
})
