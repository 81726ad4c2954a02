import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { gitSetting } from '../../src/gocmd/go-env.ts'
import {
  exportVariables,
  fillJobTempDir,
  ownerToken,
  removeJobTempDir,
  removeLeftoverDirs,
  type TempDirKind,
} from '../../src/platform/cleanup.ts'
import { jobIdentity } from '../../src/platform/temp-dirs.ts'
import { parseNameValues } from '../../testbed/runner/file-commands.ts'
import { temporaryFolder } from '../temporary.ts'

/** The files by which one step talks to the runner. */
function commandFiles(): {
  readonly exported: () => Map<string, string>
  readonly state: () => Map<string, string>
} {
  const folder = temporaryFolder()
  const read = (name: string) => () => parseNameValues(readFileSync(path.join(folder, name), 'utf8'))
  for (const name of ['GITHUB_ENV', 'GITHUB_STATE']) {
    writeFileSync(path.join(folder, name), '')
    vi.stubEnv(name, path.join(folder, name))
  }
  return { exported: read('GITHUB_ENV'), state: read('GITHUB_STATE') }
}

function setVariables(variables: Iterable<readonly [string, string]>, prefix = ''): void {
  for (const [name, value] of variables) vi.stubEnv(`${prefix}${name}`, value)
}

/** The git settings that a child of this process sees. */
const settings = () =>
  execFileSync('git', ['config', '--list', '--show-scope'], { encoding: 'utf8', cwd: '/' })
    .split('\n')
    .flatMap((line) => /^command\t(.*)$/.exec(line)?.[1] ?? [])

const kinds = ['certificates', 'credentials', 'ssh'] as const
const fill = (kind: TempDirKind) => fillJobTempDir(kind, () => gitSetting(`test.${kind}`, kind))

beforeEach(() => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('RUNNER_TEMP', temporaryFolder())
  vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1')
  vi.stubEnv('GIT_CONFIG_COUNT', '1')
  setVariables([
    ['GIT_CONFIG_KEY_0', 'user.name'],
    ['GIT_CONFIG_VALUE_0', 'me'],
  ])
})

describe('settings apply to the children of this step', () => {
  const all = ['user.name=me', ...kinds.map((kind) => `test.${kind}=${kind}`)]

  test.each([
    ['nothing', []],
    ['only certificates', ['certificates']],
    ['everything', kinds],
  ] as const)('while later steps get %s', (_, exported) => {
    commandFiles()
    const given = new Map(kinds.map((kind) => [kind, fill(kind)]))
    for (const kind of exported) exportVariables(given.get(kind) ?? {})
    expect(settings()).toEqual(all)
  })
})

describe('post restores', () => {
  /** The job variables after main has exported some kinds. */
  function afterMain(exported: readonly (typeof kinds)[number][]): void {
    const main = commandFiles()
    const given = new Map(kinds.map((kind) => [kind, fill(kind)]))
    vi.unstubAllEnvs()
    for (const name of Object.keys(process.env)) if (name.startsWith('GIT_')) delete process.env[name]
    for (const kind of exported) {
      for (const [name, value] of Object.entries(given.get(kind) ?? {})) jobs.set(name, value)
    }
    states = main.state()
  }
  let states = new Map<string, string>()
  let jobs = new Map<string, string>()
  beforeEach(() => {
    jobs = new Map([
      ['RUNNER_TEMP', process.env.RUNNER_TEMP ?? ''],
      ['GIT_CONFIG_NOSYSTEM', '1'],
      ['GIT_CONFIG_COUNT', '1'],
      ['GIT_CONFIG_KEY_0', 'user.name'],
      ['GIT_CONFIG_VALUE_0', 'me'],
    ])
  })

  function post(): ReadonlyMap<string, string> {
    setVariables(jobs)
    setVariables(states, 'STATE_')
    const files = commandFiles()
    for (const kind of [...kinds].reverse()) removeJobTempDir(kind)
    return files.exported()
  }

  test.each([
    ['only certificates', ['certificates']],
    ['everything', kinds],
    ['ssh without certificates', ['credentials', 'ssh']],
  ] as const)('the variables that main exported: %s', (_, exported) => {
    afterMain(exported)
    const back = post()
    expect(back.get('GIT_CONFIG_COUNT')).toBe('1')
    expect(settings()).toEqual(['user.name=me'])
    for (const [, text] of states) expect(existsSync(JSON.parse(text).folder)).toBe(false)
  })

  test('nothing if main exported nothing', () => {
    afterMain([])
    expect(post()).toEqual(new Map())
    expect(settings()).toEqual(['user.name=me'])
  })

  test('a variable that a later step has extended, without breaking it', () => {
    afterMain(kinds)
    jobs.set('GIT_CONFIG_COUNT', '5').set('GIT_CONFIG_KEY_4', 'user.email').set('GIT_CONFIG_VALUE_4', 'a@b')
    const back = post()
    expect(back.has('GIT_CONFIG_COUNT')).toBe(false)
    expect(settings()).toEqual(['user.name=me', ...kinds.map(() => 'go-deps.removed='), 'user.email=a@b'])
  })
})

describe('removeLeftoverDirs decides on a folder', () => {
  const owner = (pid: number) => ownerToken(pid)
  const ended = spawnSync(process.execPath, ['-e', '']).pid
  const daysAgo = (days: number) => Date.now() / 1000 - days * 24 * 60 * 60
  const [pid, start] = ownerToken().split('.')

  test.each([
    ['of a running job', `0123456789ab-${ownerToken()}-x`, 1, true],
    ['of a job whose runner has ended', `0123456789ab-${owner(ended)}-x`, 0, false],
    ['of another machine, a moment ago', `0123456789ab-${pid}.${start}.00000000-x`, 0, true],
    [
      'of another machine, from longer ago than any job lasts',
      `0123456789ab-${pid}.${start}.00000000-x`,
      7,
      false,
    ],
    [
      'of a persistent runner, from longer ago than any job lasts',
      `0123456789ab-${ownerToken()}-x`,
      7,
      false,
    ],
    ['without an owner', '0123456789ab-x', 0, false],
    ['of this job', `${jobIdentity()}-x`, 9, true],
  ])('%s', (_, rest, days, stays) => {
    const folder = path.join(process.env.RUNNER_TEMP ?? '', `go-deps-credentials-${rest}`)
    mkdirSync(folder)
    utimesSync(folder, daysAgo(days), daysAgo(days))
    removeLeftoverDirs()
    expect(existsSync(folder)).toBe(stays)
  })
})
