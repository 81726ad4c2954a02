import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeRemovable, mustBeRemovable } from '../../../src/cache/gomodcache/install.ts'
import { isOpenToNobody, nobody } from '../../harness/unprivileged.ts'
import { isUnix, temporaryFolder, writeFiles } from '../../temporary.ts'

describe('mustBeRemovable', () => {
  test.each([
    ['below it', '/work/app', '/work/app/.cache/mod', true],
    ['as the checkout itself', '/work/app', '/work/app', true],
    ['under a name that begins with two dots', '/work/app', '/work/app/..mod', true],
    ['not next to it', '/work/app', '/work/app-cache', false],
    ['not above it', '/work/app', '/work', false],
    ['not in the home directory', '/work/app', '/home/runner/go/pkg/mod', false],
    ['not by a path that leads out again', '/work/app', '/work/app/../mod', false],
    ['not when Go has no module cache', '/work/app', '', false],
    ['not when it is relative', '/work/app', 'mod', false],
  ])('%s: %s and %s', (_, workspace, gomodcache, expected) => {
    expect(mustBeRemovable(gomodcache, workspace)).toBe(expected)
  })

  test('follows links once the directory exists', () => {
    const folder = temporaryFolder()
    for (const name of ['real/app/mod', 'shared/mod']) mkdirSync(path.join(folder, name), { recursive: true })
    symlinkSync(path.join(folder, 'real'), path.join(folder, 'linked'), 'junction')
    symlinkSync(path.join(folder, 'shared'), path.join(folder, 'real/app/away'), 'junction')
    const at = (workspace: string, gomodcache: string) =>
      mustBeRemovable(path.join(folder, gomodcache), path.join(folder, workspace))
    expect(at('linked/app', 'real/app/mod')).toBe(true)
    expect(at('real/app', 'linked/app/mod')).toBe(true)
    expect(at('linked/app', 'linked/app/not-yet')).toBe(true)
    // Directories shared with others must not change, and a checkout does not remove them.
    expect(at('real/app', 'real/app/away/mod')).toBe(false)
  })
})

describe.runIf(isUnix)('makeRemovable', () => {
  const files = {
    'example.com/a@v1.0.0/a.go': 'package a\n',
    'example.com/a@v1.0.0/sub/deep/b.go': 'package b\n',
    'cache/download/example.com/a/@v/v1.0.0.ziphash': 'h1:',
  }

  /** A module cache as Go writes it. */
  function moduleCache(folder: string): string {
    const gomodcache = path.join(folder, 'mod')
    writeFiles(gomodcache, files)
    for (const name of Object.keys(files).filter((name) => name.endsWith('.go')))
      chmodSync(path.join(gomodcache, name), 0o444)
    for (const name of ['/sub/deep', '/sub', ''])
      chmodSync(path.join(gomodcache, `example.com/a@v1.0.0${name}`), 0o555)
    return gomodcache
  }
  const mode = (...names: readonly string[]) => statSync(path.join(...names)).mode & 0o777

  test('makes only directories writable: read-only files stay as Go wants them', () => {
    const gomodcache = moduleCache(temporaryFolder())
    makeRemovable(gomodcache)
    for (const name of ['', '/sub', '/sub/deep']) {
      expect(mode(gomodcache, `example.com/a@v1.0.0${name}`)).toBe(0o755)
    }
    expect(mode(gomodcache, 'example.com/a@v1.0.0/a.go')).toBe(0o444)
    expect(mode(gomodcache, 'example.com/a@v1.0.0/sub/deep/b.go')).toBe(0o444)
  })

  test('does nothing for a missing directory or a file', () => {
    const folder = temporaryFolder()
    writeFiles(folder, { file: 'x' })
    makeRemovable(path.join(folder, 'nowhere'))
    makeRemovable(path.join(folder, 'file'))
    expect(existsSync(path.join(folder, 'nowhere'))).toBe(false)
  })

  test('does not follow links out of it', () => {
    const folder = temporaryFolder()
    const gomodcache = moduleCache(folder)
    mkdirSync(path.join(folder, 'outside'))
    chmodSync(path.join(folder, 'outside'), 0o555)
    symlinkSync(path.join(folder, 'outside'), path.join(gomodcache, 'link'))
    makeRemovable(gomodcache)
    expect(mode(folder, 'outside')).toBe(0o555)
    expect(mode(gomodcache, 'example.com/a@v1.0.0/sub')).toBe(0o755)
  })

  test.runIf(isOpenToNobody)('does not fail where another user owns a part of it', () => {
    const folder = temporaryFolder()
    const gomodcache = moduleCache(folder)
    for (const one of [folder, gomodcache]) chownSync(one, nobody.uid, nobody.gid)
    const source = path.resolve(import.meta.dirname, '../../../src/cache/gomodcache/install.ts')
    const program = `
      import { makeRemovable } from ${JSON.stringify(source)}
      makeRemovable(${JSON.stringify(gomodcache)})`
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      ...nobody,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(output).toContain('::debug::')
    expect(mode(gomodcache, 'example.com/a@v1.0.0')).toBe(0o555)
  })
})
