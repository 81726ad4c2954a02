import * as path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CacheDirectoryFacts, planCacheDirectories } from '../../src/cache/directories.ts'

const home = 'C:\\Users\\runneradmin'
const gomodcache = `${home}\\go\\pkg\\mod`
const gocache = `${home}\\AppData\\Local\\go-build`
const moved = { GOMODCACHE: 'D:\\a\\_go-deps\\mod', GOCACHE: 'D:\\a\\_go-deps\\build' }

/** A hosted Windows runner with two drives and no user settings. */
const hosted: CacheDirectoryFacts = {
  inputs: { cache: true, 'cache-modules': true, 'cache-build': true },
  platform: 'win32',
  temp: 'D:\\a\\_temp',
  runner: 'github-hosted',
  env: { GOMODCACHE: gomodcache, GOCACHE: gocache, GOPATH: `${home}\\go` },
  existing: () => '',
  isPopulated: () => false,
}

function plan(facts: Partial<CacheDirectoryFacts>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    planCacheDirectories({ ...hosted, ...facts }).map(({ name, value }) => [name, value]),
  )
}

function set(variables: Readonly<Record<string, string>>): (name: string) => string {
  return (name) => variables[name] ?? ''
}

describe('on a Windows runner whose home is on another drive than RUNNER_TEMP', () => {
  test('both caches move next to RUNNER_TEMP, and the reason names both drives', () => {
    const variables = planCacheDirectories(hosted)
    expect(Object.fromEntries(variables.map(({ name, value }) => [name, value]))).toEqual(moved)
    for (const { value, shown, why } of variables) {
      expect(shown).toBe(value)
      expect(why).toMatch(/D:.*RUNNER_TEMP|RUNNER_TEMP.*D:/)
      expect(why).toContain('C:')
    }
  })

  test.each([
    ['D:\\a\\_temp\\', moved],
    ['D:/a/_temp', moved],
    ['D:\\a\\.\\work\\..\\_temp', moved],
    ['d:\\a\\_temp', { GOMODCACHE: 'd:\\a\\_go-deps\\mod', GOCACHE: 'd:\\a\\_go-deps\\build' }],
    ['E:\\temp', { GOMODCACHE: 'E:\\_go-deps\\mod', GOCACHE: 'E:\\_go-deps\\build' }],
  ])('RUNNER_TEMP %j', (temp, expected) => {
    expect(plan({ temp })).toEqual(expected)
  })

  test.each([
    ['is on the same drive', 'C:\\a\\_temp'],
    ['is on the same drive, in lower case', 'c:\\a\\_temp'],
    ['is not set', ''],
    ['is the root of a drive, which has no sibling folder', 'D:\\'],
    ['is the root of a drive with a forward slash', 'D:/'],
    ['resolves to the root of a drive', 'D:\\a\\..'],
    ['is a network share', '\\\\server\\share\\_temp'],
    ['is a device path', '\\\\?\\D:\\a\\_temp'],
    ['is relative', 'a\\_temp'],
    ['is relative to a drive letter', 'D:a\\_temp'],
    ['is only a drive letter', 'D:'],
    ['has no drive letter', '\\a\\_temp'],
    ['is a path of another system', '/home/runner/work/_temp'],
  ])('nothing moves when RUNNER_TEMP %s: %j', (_, temp) => {
    expect(plan({ temp })).toEqual({})
  })

  test.each([
    ['is already on the drive', 'D:\\go\\mod'],
    ['is already on the drive, in lower case', 'd:\\go\\mod'],
    ['is on a network share', '\\\\server\\home\\go\\mod'],
    ['is unknown', ''],
    ['is relative', 'go\\mod'],
    ['is off', 'off'],
  ])('a cache that %s stays: %j', (_, directory) => {
    expect(plan({ env: { ...hosted.env, GOMODCACHE: directory } })).toEqual({ GOCACHE: moved.GOCACHE })
    expect(plan({ env: { ...hosted.env, GOCACHE: directory } })).toEqual({ GOMODCACHE: moved.GOMODCACHE })
  })

  test('a cache that go env does not report stays', () => {
    expect(plan({ env: {} })).toEqual({})
  })

  test('compares each cache with its own drive', () => {
    expect(plan({ env: { GOMODCACHE: 'e:\\mod', GOCACHE: 'D:\\build' } })).toEqual({
      GOMODCACHE: moved.GOMODCACHE,
    })
  })
})

describe('a directory that the user sets stays', () => {
  const named = { GOMODCACHE: gomodcache, GOCACHE: gocache, GOPATH: `${home}\\go` }
  test.each([
    [['GOMODCACHE'], { GOCACHE: moved.GOCACHE }],
    [['GOPATH'], { GOCACHE: moved.GOCACHE }],
    [['GOCACHE'], { GOMODCACHE: moved.GOMODCACHE }],
    [['GOMODCACHE', 'GOCACHE'], {}],
    [['GOPATH', 'GOCACHE'], {}],
  ] as const)('%j is set, even to the default value', (names, expected) => {
    const existing = set(Object.fromEntries(names.map((name) => [name, named[name]])))
    expect(plan({ existing })).toEqual(expected)
  })

  test('other variables have no effect', () => {
    expect(plan({ existing: set({ GOFLAGS: '-mod=mod', GOPROXY: 'direct', GOBIN: 'C:\\bin' }) })).toEqual(
      moved,
    )
  })

  test.each([
    [{ cache: false }, {}],
    [{ 'cache-modules': false }, { GOCACHE: moved.GOCACHE }],
    [{ 'cache-build': false }, { GOMODCACHE: moved.GOMODCACHE }],
  ])('a cache that another step may save stays: %j', (inputs, expected) => {
    expect(plan({ inputs: { ...hosted.inputs, ...inputs } })).toEqual(expected)
  })
})

describe('a cache with files in it', () => {
  const populated = (...directories: readonly string[]) => ({
    isPopulated: (directory: string) => directories.includes(directory),
  })

  test.each(['self-hosted', ''])('stays on a self-hosted machine (RUNNER_ENVIRONMENT=%j)', (runner) => {
    expect(plan({ runner, ...populated(gomodcache, gocache) })).toEqual({})
    expect(plan({ runner, ...populated(gomodcache) })).toEqual({ GOCACHE: moved.GOCACHE })
    expect(plan({ runner, ...populated(gocache) })).toEqual({ GOMODCACHE: moved.GOMODCACHE })
    expect(plan({ runner, ...populated() })).toEqual(moved)
  })

  test('moves on a hosted machine', () => {
    expect(plan(populated(gomodcache, gocache))).toEqual(moved)
  })

  test('moves even if its new place holds files: the next job finds them there', () => {
    expect(plan({ runner: 'self-hosted', ...populated(moved.GOMODCACHE, moved.GOCACHE) })).toEqual(moved)
  })
})

test.each(['linux', 'darwin', 'freebsd'])('nothing moves on %s, and no cache is read', (platform) => {
  const isPopulated = () => {
    throw new Error('looked')
  }
  expect(plan({ platform, runner: 'self-hosted', isPopulated })).toEqual({})
  const env = { GOMODCACHE: '/home/runner/go/pkg/mod', GOCACHE: '/home/runner/.cache/go-build' }
  expect(plan({ platform, env, temp: '/mnt/_temp', isPopulated })).toEqual({})
})

test('planned directories are on the drive of RUNNER_TEMP, next to it and never inside it', () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9 _.-]{0,9}[a-zA-Z0-9_]$/)
  const temps = fc.tuple(fc.constantFrom(...'ABDEZabdez'), fc.array(name, { minLength: 1, maxLength: 4 }))
  fc.assert(
    fc.property(temps, fc.constantFrom('\\', '/'), ([letter, names], separator) => {
      const temp = `${letter}:${separator}${names.join(separator)}`
      const values = Object.values(plan({ temp }))
      expect(values).toHaveLength(2)
      for (const value of values) {
        expect(path.win32.parse(value).root.toUpperCase()).toBe(`${letter.toUpperCase()}:\\`)
        const fromTemp = path.win32.relative(temp, value)
        // Only this property test could name RUNNER_TEMP itself `_go-deps`.
        if (names.at(-1)?.toLowerCase() !== '_go-deps')
          expect(fromTemp).toMatch(/^\.\.\\_go-deps\\(?:mod|build)$/)
      }
    }),
  )
})
