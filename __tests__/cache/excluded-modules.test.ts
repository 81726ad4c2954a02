import { expect, test } from 'vitest'
import {
  excludeForOtherUses,
  nothingExcluded,
  planExcludedModules,
  privatePatternsToShare,
} from '../../src/cache/excluded-modules.ts'
import type { Root } from '../../src/gofiles/roots.ts'
import type { State } from '../../src/state.ts'

const none = { credentials: [], linesWithoutSecret: [], faults: [] }
const noKeys = { keys: [], linesWithoutSecret: [], faults: [] }
const inputs = { 'cache-private': false, credentials: none, 'ssh-private-key': noKeys }
const sum = (path: string) => ({ path, version: 'v1.0.0', h1: 'h1:' })
const roots = [
  {
    modules: [{ goSum: { trees: [sum('github.com/acme/lib'), sum('golang.org/x/sync')], goMods: [] } }],
    goWorkSum: { trees: [], goMods: [] },
  },
] as unknown as readonly Root[]
const patterns = 'github.com/acme/*'

test('excludes nothing in a private repository, or with cache-private', () => {
  expect(planExcludedModules(inputs, { isPublic: false }, roots, patterns)).toEqual(nothingExcluded)
  const asked = { ...inputs, 'cache-private': true }
  expect(planExcludedModules(asked, { isPublic: true }, roots, patterns)).toEqual(nothingExcluded)
})

test.each([
  [true, 'this repository is public'],
  [undefined, 'the visibility of this repository is unknown'],
])('with isPublic %s, private modules and their build objects are excluded', (isPublic, why) => {
  const excluded = planExcludedModules(inputs, { isPublic }, roots, patterns)
  expect(excluded.patterns).toBe(patterns)
  expect(excluded.build).toBe(true)
  expect(excluded.why).toContain(why)
  expect(excluded.notice).toContain('`cache-private: true`')
})

test('a public repository without private modules excludes only tools that a step installs', () => {
  expect(planExcludedModules(inputs, { isPublic: true }, roots, '')).toMatchObject({
    patterns: '',
    build: false,
  })
  const excluded = planExcludedModules(inputs, { isPublic: true }, roots, 'example.com/other')
  expect(excluded).toMatchObject({ patterns: 'example.com/other', build: false })
  expect(excluded.notice).toBeUndefined()
})

test('with credentials, the modules that goprivate names are private, or any without it', () => {
  const credentials = {
    ...none,
    credentials: [{ host: 'a.example', path: '', user: 'u', password: 'p', line: 1 }],
  }
  const excluded = (named: string) =>
    planExcludedModules({ ...inputs, credentials }, { isPublic: true }, roots, named)
  expect(excluded('example.com/other')).toMatchObject({ patterns: 'example.com/other', build: true })
  expect(excluded('')).toMatchObject({ patterns: '*', build: true })
  expect(excluded('').notice).toContain('list them in `goprivate`')
})

const token = { host: 'a.example', path: '', user: 'u', password: 'p', line: 1 }
const opening = { ...inputs, credentials: { ...none, credentials: [token] } }

test('a use with credentials shares its private patterns, unless private modules may be cached', () => {
  expect(privatePatternsToShare(opening, { isPublic: true }, patterns)).toBe(patterns)
  expect(privatePatternsToShare(opening, { isPublic: undefined }, '')).toBe('*')
  expect(privatePatternsToShare(opening, { isPublic: false }, '')).toBe('')
  expect(privatePatternsToShare({ ...opening, 'cache-private': true }, { isPublic: true }, '')).toBe('')
  expect(privatePatternsToShare(inputs, { isPublic: true }, patterns)).toBe('')
})

test('every use excludes the modules that other uses could read, unless it may cache private modules', () => {
  const state = {
    keepsPrivate: false,
    modules: { excluded: 'example.com/own' },
    build: { excluded: { always: false, why: '', patterns: '', gomodcache: '/m' } },
  } as unknown as State
  expect(excludeForOtherUses(state, 'github.com/acme/*')).toMatchObject({
    modules: { excluded: 'example.com/own,github.com/acme/*' },
    build: {
      excluded: { always: true, why: expect.stringContaining('another use'), patterns: 'github.com/acme/*' },
    },
  })
  expect(excludeForOtherUses(state, '')).toBe(state)
  expect(excludeForOtherUses({ ...state, keepsPrivate: true }, '*')).toEqual({ ...state, keepsPrivate: true })
  const { build: _, modules: __, ...neither } = state
  expect(excludeForOtherUses(neither as State, '*')).toEqual(neither)
})

test('ssh keys have the same effect as credentials', () => {
  const server = { user: 'git', host: 'a.example', port: '', path: '' }
  const keys = { ...noKeys, keys: [{ host: 'a.example', path: '', server, key: 'k' }] }
  const excluded = planExcludedModules({ ...inputs, 'ssh-private-key': keys }, { isPublic: true }, roots, '')
  expect(excluded).toMatchObject({ patterns: '*', build: true })
  expect(excluded.notice).toContain('because `ssh-private-key` may open any of them')
  expect(privatePatternsToShare({ ...inputs, 'ssh-private-key': keys }, { isPublic: true }, '')).toBe('*')
})
