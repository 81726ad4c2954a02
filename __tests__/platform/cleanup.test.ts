import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Cleanup, removeInPost, removeLeftoverDirs } from '../../src/platform/cleanup.ts'
import {
  childEnvironment,
  gitSetting,
  type Variables,
  withVariables,
} from '../../src/platform/environment.ts'
import { ownerToken } from '../../src/platform/job-owner.ts'
import { LaterSteps } from '../../src/platform/runner.ts'
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

/** The git settings that a child with these variables sees. */
const settings = (variables: Variables) =>
  execFileSync('git', ['config', '--list', '--show-scope'], {
    encoding: 'utf8',
    cwd: '/',
    env: { ...childEnvironment(variables), GIT_CONFIG_COUNT: variables.GIT_CONFIG_COUNT },
  })
    .split('\n')
    .flatMap((line) => /^command\t(.*)$/.exec(line)?.[1] ?? [])

const kinds = ['certificates', 'credentials', 'ssh'] as const

/** The variables of the job before this action. */
const before = () => ({
  ...{ PATH: process.env.PATH, RUNNER_TEMP: process.env.RUNNER_TEMP, GIT_CONFIG_NOSYSTEM: '1' },
  ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: 'me' },
})

beforeEach(() => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('RUNNER_TEMP', temporaryFolder())
})

/** Runs main as far as it adds a git setting for each kind; returns the variables of each, and main's in the end. */
function fillAll(cleanup: Cleanup) {
  let variables: Variables = before()
  const given = new Map<string, Readonly<Record<string, string>>>()
  for (const kind of kinds) {
    const added = cleanup.fillDir(kind, variables, () => gitSetting(variables, `test.${kind}`, kind))
    given.set(kind, added)
    variables = withVariables(variables, added)
  }
  return { given, variables }
}

test('the kinds add to the same variables one after the other', () => {
  commandFiles()
  const { variables } = fillAll(new Cleanup())
  expect(settings(variables)).toEqual(['user.name=me', ...kinds.map((kind) => `test.${kind}=${kind}`)])
})

test('the end of main removes folders that post does not need', () => {
  const { state } = commandFiles()
  const cleanup = new Cleanup()
  fillAll(cleanup)
  const folders = ['work', 'bundle'] as const
  for (const kind of folders) cleanup.makeDir(kind)
  cleanup.keepForPost('ssh')
  cleanup.endMain()
  const isThere = (kind: string) => existsSync(JSON.parse(state().get(kind) ?? '').folder)
  expect([...kinds, ...folders].filter(isThere)).toEqual(['certificates', 'ssh', 'bundle'])
})

describe('post restores', () => {
  /** The variables of the job once main has exported some kinds, and what post reads of main. */
  function afterMain(exported: readonly (typeof kinds)[number][]) {
    const main = commandFiles()
    const { given } = fillAll(new Cleanup())
    const jobs: Variables = Object.assign(before(), ...exported.map((kind) => given.get(kind)))
    return { jobs, states: main.state() }
  }

  function post(jobs: Variables, states: ReadonlyMap<string, string>) {
    for (const [name, value] of states) vi.stubEnv(`STATE_${name}`, value)
    const files = commandFiles()
    const later = new LaterSteps()
    const variables = removeInPost([...kinds].reverse(), jobs, later)
    later.write()
    return { variables, exported: files.exported() }
  }

  test.each([
    ['only certificates', ['certificates']],
    ['everything', kinds],
    ['ssh without certificates', ['credentials', 'ssh']],
  ] as const)('what main exported: %s', (_, kept) => {
    const { jobs, states } = afterMain(kept)
    const { variables, exported } = post(jobs, states)
    expect(exported.get('GIT_CONFIG_COUNT')).toBe('1')
    expect(settings(variables)).toEqual(['user.name=me'])
    for (const [, text] of states) expect(existsSync(JSON.parse(text).folder)).toBe(false)
  })

  test('nothing if main exported nothing', () => {
    const { jobs, states } = afterMain([])
    const { variables, exported } = post(jobs, states)
    expect(exported).toEqual(new Map())
    expect(settings(variables)).toEqual(['user.name=me'])
  })

  test('what a later step has added to stays usable', () => {
    const { jobs, states } = afterMain(kinds)
    const added = { GIT_CONFIG_COUNT: '5', GIT_CONFIG_KEY_4: 'user.email', GIT_CONFIG_VALUE_4: 'a@b' }
    const { variables, exported } = post({ ...jobs, ...added }, states)
    expect(exported.has('GIT_CONFIG_COUNT')).toBe(false)
    expect(settings(variables)).toEqual([
      'user.name=me',
      ...kinds.map(() => 'go-deps.removed='),
      'user.email=a@b',
    ])
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
