import { expect, test } from 'vitest'
import type { Root } from '../../src/modules/roots.ts'
import type { State } from '../../src/plan/state.ts'
import { nothingWithheld, planWithheld, withheldFromOthers, withoutOthers } from '../../src/plan/withheld.ts'

const none = { credentials: [], lacking: [], faults: [] }
const noKeys = { keys: [], lacking: [], faults: [] }
const inputs = { 'cache-private': false, credentials: none, 'ssh-private-key': noKeys }
const sum = (path: string) => ({ path, version: 'v1.0.0', h1: 'h1:' })
const roots = [
  {
    modules: [{ goSum: { trees: [sum('github.com/acme/lib'), sum('golang.org/x/sync')], goMods: [] } }],
    goWorkSum: { trees: [], goMods: [] },
  },
] as unknown as readonly Root[]
const patterns = 'github.com/acme/*'

test('in a private repository, and where it is asked for, everything is kept', () => {
  expect(planWithheld(inputs, { isPublic: false }, roots, patterns)).toEqual(nothingWithheld)
  const asked = { ...inputs, 'cache-private': true }
  expect(planWithheld(asked, { isPublic: true }, roots, patterns)).toEqual(nothingWithheld)
})

test.each([
  [true, 'this repository is public'],
  [undefined, 'nothing tells whether this repository is public'],
])('where isPublic is %s, private modules and what is compiled of them stay out', (isPublic, why) => {
  const withheld = planWithheld(inputs, { isPublic }, roots, patterns)
  expect(withheld.patterns).toBe(patterns)
  expect(withheld.build).toBe(true)
  expect(withheld.why).toContain(why)
  expect(withheld.notice).toContain('`cache-private: true`')
})

test('a public repository without private modules loses nothing, and a tool that a step installs stays out', () => {
  expect(planWithheld(inputs, { isPublic: true }, roots, '')).toMatchObject({ patterns: '', build: false })
  const withheld = planWithheld(inputs, { isPublic: true }, roots, 'example.com/other')
  expect(withheld).toMatchObject({ patterns: 'example.com/other', build: false })
  expect(withheld.notice).toBeUndefined()
})

test('credentials say that there are private modules: those that are named, or any', () => {
  const credentials = {
    ...none,
    credentials: [{ host: 'a.example', path: '', user: 'u', password: 'p', line: 1 }],
  }
  const withheld = (named: string) =>
    planWithheld({ ...inputs, credentials }, { isPublic: true }, roots, named)
  expect(withheld('example.com/other')).toMatchObject({ patterns: 'example.com/other', build: true })
  expect(withheld('')).toMatchObject({ patterns: '*', build: true })
  expect(withheld('').notice).toContain('`goprivate` names those that are private')
})

const token = { host: 'a.example', path: '', user: 'u', password: 'p', line: 1 }
const opening = { ...inputs, credentials: { ...none, credentials: [token] } }

test('a use with credentials tells the others what it opened, unless everything may be kept', () => {
  expect(withheldFromOthers(opening, { isPublic: true }, patterns)).toBe(patterns)
  expect(withheldFromOthers(opening, { isPublic: undefined }, '')).toBe('*')
  expect(withheldFromOthers(opening, { isPublic: false }, '')).toBe('')
  expect(withheldFromOthers({ ...opening, 'cache-private': true }, { isPublic: true }, '')).toBe('')
  expect(withheldFromOthers(inputs, { isPublic: true }, patterns)).toBe('')
})

test('what others have opened is kept by none, unless it may keep everything', () => {
  const state = {
    keepsPrivate: false,
    modules: { withheld: 'example.com/own' },
    build: { withheld: { always: false, why: '', patterns: '', gomodcache: '/m' } },
  } as unknown as State
  expect(withoutOthers(state, 'github.com/acme/*')).toMatchObject({
    modules: { withheld: 'example.com/own,github.com/acme/*' },
    build: {
      withheld: { always: true, why: expect.stringContaining('another use'), patterns: 'github.com/acme/*' },
    },
  })
  expect(withoutOthers(state, '')).toBe(state)
  expect(withoutOthers({ ...state, keepsPrivate: true }, '*')).toEqual({ ...state, keepsPrivate: true })
  const { build: _, modules: __, ...neither } = state
  expect(withoutOthers(neither as State, '*')).toEqual(neither)
})

test('ssh keys count as credentials do', () => {
  const server = { user: 'git', host: 'a.example', port: '', path: '' }
  const keys = { ...noKeys, keys: [{ host: 'a.example', path: '', server, key: 'k' }] }
  const withheld = planWithheld({ ...inputs, 'ssh-private-key': keys }, { isPublic: true }, roots, '')
  expect(withheld).toMatchObject({ patterns: '*', build: true })
  expect(withheld.notice).toContain('because `ssh-private-key` may open any of them')
  expect(withheldFromOthers({ ...inputs, 'ssh-private-key': keys }, { isPublic: true }, '')).toBe('*')
})
