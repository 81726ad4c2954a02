import * as path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CacheDirectoryFacts, planCacheDirectories } from '../../src/cache/directories.ts'

const home = 'C:\\Users\\runneradmin'
const gomodcache = `${home}\\go\\pkg\\mod`
const gocache = `${home}\\AppData\\Local\\go-build`
const moved = { GOMODCACHE: 'D:\\a\\_go-deps\\mod', GOCACHE: 'D:\\a\\_go-deps\\build' }

/** A hosted Windows runner with two drives, where nobody has set anything. */
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

describe('on a Windows runner with its home on another drive than RUNNER_TEMP', () => {
  test('both caches go beside RUNNER_TEMP, and the reason names both drives', () => {
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
    ['is a drive’s root, beside which there is nothing', 'D:\\'],
    ['is a drive’s root with the other slash', 'D:/'],
    ['leads to a drive’s root', 'D:\\a\\..'],
    ['is a share', '\\\\server\\share\\_temp'],
    ['is a device path', '\\\\?\\D:\\a\\_temp'],
    ['is relative', 'a\\_temp'],
    ['is relative to a drive', 'D:a\\_temp'],
    ['names a drive alone', 'D:'],
    ['has no drive', '\\a\\_temp'],
    ['is a path of another system', '/home/runner/work/_temp'],
  ])('nothing moves when RUNNER_TEMP %s: %j', (_, temp) => {
    expect(plan({ temp })).toEqual({})
  })

  test.each([
    ['is there already', 'D:\\go\\mod'],
    ['is there already, in lower case', 'd:\\go\\mod'],
    ['is on a share', '\\\\server\\home\\go\\mod'],
    ['is not known', ''],
    ['is relative', 'go\\mod'],
    ['is off', 'off'],
  ])('a cache that %s stays: %j', (_, directory) => {
    expect(plan({ env: { ...hosted.env, GOMODCACHE: directory } })).toEqual({ GOCACHE: moved.GOCACHE })
    expect(plan({ env: { ...hosted.env, GOCACHE: directory } })).toEqual({ GOMODCACHE: moved.GOMODCACHE })
  })

  test('a cache of which go env says nothing stays', () => {
    expect(plan({ env: {} })).toEqual({})
  })

  test('each is compared with its own drive', () => {
    expect(plan({ env: { GOMODCACHE: 'e:\\mod', GOCACHE: 'D:\\build' } })).toEqual({
      GOMODCACHE: moved.GOMODCACHE,
    })
  })
})

describe('what the user has chosen stays', () => {
  const named = { GOMODCACHE: gomodcache, GOCACHE: gocache, GOPATH: `${home}\\go` }
  test.each([
    [['GOMODCACHE'], { GOCACHE: moved.GOCACHE }],
    [['GOPATH'], { GOCACHE: moved.GOCACHE }],
    [['GOCACHE'], { GOMODCACHE: moved.GOMODCACHE }],
    [['GOMODCACHE', 'GOCACHE'], {}],
    [['GOPATH', 'GOCACHE'], {}],
  ] as const)('%j is set, even to the default', (names, expected) => {
    const existing = set(Object.fromEntries(names.map((name) => [name, named[name]])))
    expect(plan({ existing })).toEqual(expected)
  })

  test('other variables choose nothing', () => {
    expect(plan({ existing: set({ GOFLAGS: '-mod=mod', GOPROXY: 'direct', GOBIN: 'C:\\bin' }) })).toEqual(
      moved,
    )
  })

  test.each([
    [{ cache: false }, {}],
    [{ 'cache-modules': false }, { GOCACHE: moved.GOCACHE }],
    [{ 'cache-build': false }, { GOMODCACHE: moved.GOMODCACHE }],
  ])('a cache that another step may keep stays: %j', (inputs, expected) => {
    expect(plan({ inputs: { ...hosted.inputs, ...inputs } })).toEqual(expected)
  })
})

describe('a cache with something in it', () => {
  const populated = (...directories: readonly string[]) => ({
    isPopulated: (directory: string) => directories.includes(directory),
  })

  test.each(['self-hosted', ''])('stays on a machine that stays (RUNNER_ENVIRONMENT=%j)', (runner) => {
    expect(plan({ runner, ...populated(gomodcache, gocache) })).toEqual({})
    expect(plan({ runner, ...populated(gomodcache) })).toEqual({ GOCACHE: moved.GOCACHE })
    expect(plan({ runner, ...populated(gocache) })).toEqual({ GOMODCACHE: moved.GOMODCACHE })
    expect(plan({ runner, ...populated() })).toEqual(moved)
  })

  test('moves on a machine that is thrown away', () => {
    expect(plan(populated(gomodcache, gocache))).toEqual(moved)
  })

  test('does not count at its new place: the next job finds it there', () => {
    expect(plan({ runner: 'self-hosted', ...populated(moved.GOMODCACHE, moved.GOCACHE) })).toEqual(moved)
  })
})

test.each(['linux', 'darwin', 'freebsd'])('nothing ever moves on %s, and nobody looks', (platform) => {
  const isPopulated = () => {
    throw new Error('looked')
  }
  expect(plan({ platform, runner: 'self-hosted', isPopulated })).toEqual({})
  const env = { GOMODCACHE: '/home/runner/go/pkg/mod', GOCACHE: '/home/runner/.cache/go-build' }
  expect(plan({ platform, env, temp: '/mnt/_temp', isPopulated })).toEqual({})
})

test('what is planned lies on the drive of RUNNER_TEMP, beside and never in it, wherever that is', () => {
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
        // `_go-deps` could be the very name of RUNNER_TEMP in this property alone.
        if (names.at(-1)?.toLowerCase() !== '_go-deps')
          expect(fromTemp).toMatch(/^\.\.\\_go-deps\\(?:mod|build)$/)
      }
    }),
  )
})
