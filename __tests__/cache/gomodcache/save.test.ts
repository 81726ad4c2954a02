import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { treeHashOf } from '../../../src/gofiles/h1.ts'
import { isUnix, writeFiles } from '../../temporary.ts'
import { endWith, full, prefixOf, sha256 } from './ended-job.ts'

const nothing = ''
const little = 'under 5 % of the entry is new'

test.each([
  ['nothing', {}, nothing, []],
  ['a little data that builds do not need', { listed: 1000 }, little, []],
  ['much data that builds do not need', { listed: 100_000 }, 'a push', ['large', 'listed']],
  ['a little data that a step installed', { tool: 1000 }, 'a push', ['large', 'tool']],
  ['a tool that no checksum verifies', { private: 100_000 }, nothing, []],
  ['a little data that was missing from the entry', { required: 1000 }, 'a push', ['large', 'required']],
] as const)('a job that adds %s', async (_, others, why, saved) => {
  const ended = await endWith(others)
  expect([ended.why, ended.modules]).toEqual([why, saved.map(full)])
  expect(ended.upToDate).toBe(saved.length === 0 ? true : undefined)
})

type Step = (gomodcache: string) => void

/** Changes that a step makes to `listed` between main and post. */
const tamperings: Readonly<Record<string, Step>> = {
  'a file added': (at) => writeFiles(at, { [`${full('listed')}/zz.go`]: 'package a\n' }),
  'a file edited': (at) => writeFiles(at, { [`${full('listed')}/a.go`]: 'y'.repeat(100) }),
  'a file removed': (at) => rmSync(path.join(at, full('listed'), 'a.go')),
  'a link added': (at) => symlinkSync('/etc/hostname', path.join(at, full('listed'), 'link')),
  'a link in place of its file': (at) => {
    rmSync(path.join(at, full('listed'), 'a.go'))
    symlinkSync('/etc/hostname', path.join(at, full('listed'), 'a.go'))
  },
  'a pipe added': (at) => void execFileSync('mkfifo', [path.join(at, full('listed'), 'pipe')]),
  'a name that other systems misread': (at) => writeFiles(at, { [`${full('listed')}/a\\b`]: 'x' }),
  'its tree replaced by a link': (at) => {
    renameSync(path.join(at, full('listed')), path.join(at, 'elsewhere'))
    symlinkSync(path.join(at, 'elsewhere'), path.join(at, full('listed')))
  },
  'its go.mod edited': (at) => writeFiles(at, { [`${prefixOf('listed')}.mod`]: 'module other\n' }),
  'its go.mod replaced by a pipe': (at) => {
    rmSync(path.join(at, `${prefixOf('listed')}.mod`))
    execFileSync('mkfifo', [path.join(at, `${prefixOf('listed')}.mod`)])
  },
  'its ziphash edited': (at) => writeFiles(at, { [`${prefixOf('listed')}.ziphash`]: 'h1:x' }),
  'its ziphash replaced by a pipe': (at) => {
    rmSync(path.join(at, `${prefixOf('listed')}.ziphash`))
    execFileSync('mkfifo', [path.join(at, `${prefixOf('listed')}.ziphash`)])
  },
}

describe.runIf(isUnix).each(Object.entries(tamperings))('a module with %s', (_, step) => {
  test('is excluded, and the others are saved', async () => {
    const { why, modules } = await endWith({ listed: 100, required: 100 }, { step, found: 'miss' })
    expect({ why, modules }).toEqual({ why: 'a push', modules: ['large', 'required'].map(full) })
  })

  test('does not cause a save', async () => {
    const { why, modules } = await endWith({ listed: 100_000 }, { step })
    expect({ why, modules }).toEqual({ why: nothing, modules: [] })
  })
})

test('verifies modules that no checksum file names by their ziphash', async () => {
  const step: Step = (at) => writeFiles(at, { [`${full('tool')}/zz.go`]: 'package a\n' })
  expect((await endWith({ tool: 100, required: 100 }, { step, found: 'miss' })).modules).toEqual(
    ['large', 'required'].map(full),
  )
})

test.each([
  [
    'another version in its info',
    { [`${prefixOf('listed')}.info`]: '{"Version":"v1.0.0","version":"v2.0.0"}' },
  ],
  ['an empty info', { [`${prefixOf('listed')}.info`]: '' }],
])('saves a module with %s without the info', async (_, files) => {
  const step: Step = (at) => writeFiles(at, files)
  const { modules, roots } = await endWith({ listed: 100 }, { step, found: 'miss' })
  expect(modules).toEqual(['large', 'listed'].map(full))
  expect(roots).not.toContain(`${prefixOf('listed')}.info`)
})

test.each<[string, Step]>([
  ['the FIPS 140 sources', (at) => writeFiles(at, planted('golang.org/fips140', 'v1.0.0-c2097c7c'))],
  ['a toolchain', (at) => writeFiles(at, planted('golang.org/toolchain', 'v0.0.1-go1.99.0.linux-amd64'))],
  ['an unescaped name', (at) => writeFiles(at, planted('example.com/Upper', 'v1.0.0'))],
  ['a checksum database', (at) => writeFiles(at, { 'cache/download/sumdb/x.test/lookup/y@v1.0.0': 'x' })],
  ['an empty directory', (at) => void mkdirSync(path.join(at, full('listed'), 'empty'))],
])('ignores %s that a step has added', async (_, step) => {
  const { modules, roots } = await endWith({ listed: 100 }, { step, found: 'miss' })
  expect(modules).toEqual(['large', 'listed'].map(full))
  expect(roots.filter((root) => /fips|toolchain|Upper|sumdb/.test(root))).toEqual([])
})

/** A module that a step adds: complete for Go, with its own `.ziphash`. */
function planted(name: string, version: string): Record<string, string> {
  const prefix = `cache/download/${name}/@v/${version}`
  return {
    [`${name}@${version}/a.go`]: 'package a\n',
    [`${prefix}.info`]: JSON.stringify({ Version: version }),
    [`${prefix}.mod`]: `module ${name}\n`,
    [`${prefix}.ziphash`]: treeHashOf([{ name: `${name}@${version}/a.go`, sha256: sha256('package a\n') }]),
  }
}
