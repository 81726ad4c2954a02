import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { lineEndingHints } from '../../src/dependencies/check-vendor.ts'
import { treeDrift } from '../../src/dependencies/vendor.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const own = 'example.com/own/.gitattributes'
const files = {
  'example.com/lib/lf.go': 'package lib\n',
  'example.com/lib/crlf.go': 'package lib\r\n',
  'example.com/own/lf.go': 'package own\n',
}
const none = { changed: [], lineEnds: [], missing: [], extra: [] }

function git(directory: string, ...args: readonly string[]): string {
  const env = {
    PATH: process.env.PATH,
    GIT_CONFIG_GLOBAL: path.join(directory, 'none'),
    GIT_CONFIG_NOSYSTEM: '1',
  }
  const identity = ['-c', 'user.name=me', '-c', 'user.email=me@example.com']
  return execFileSync('git', [...identity, ...args], { cwd: directory, env, encoding: 'utf8', stdio: 'pipe' })
}

/** Commits vendored files, and returns a function that compares them with a new checkout of them. */
function commit(label: string, content: Readonly<Record<string, string>>) {
  const [repository, expected] = [temporaryFolder(), temporaryFolder()]
  writeFiles(expected, content)
  writeFiles(path.join(repository, label), content)
  git(repository, 'init', '--quiet')
  const save = () => {
    git(repository, 'add', '--all')
    git(repository, 'commit', '--quiet', '--message', 'vendor')
  }
  save()
  return {
    follow(hints: readonly string[]) {
      const line = /add `(.*?)` to the \.gitattributes/.exec(hints.join(' '))?.[1]
      writeFiles(repository, { '.gitattributes': `${line}\n` })
      save()
    },
    drift(...settings: readonly string[]) {
      const clone = path.join(temporaryFolder(), 'clone')
      git(repository, 'clone', '--quiet', ...settings.flatMap((one) => ['-c', one]), repository, clone)
      const vendor = path.join(clone, label)
      const drift = treeDrift(expected, vendor)
      const exists = (file: string) => existsSync(path.join(vendor, file))
      return { drift, hints: lineEndingHints(label, drift.lineEnds, exists) }
    },
  }
}

test.each(['vendor', 'sub/vendor', 'a b/vendor'])(
  'after the advice, a checkout with core.autocrlf changes no line endings: %s',
  (label) => {
    const vendored = commit(label, files)
    const { drift, hints } = vendored.drift('core.autocrlf=true')
    expect(drift.lineEnds).toEqual(['example.com/lib/lf.go', 'example.com/own/lf.go'])
    expect(hints.join(' ')).not.toContain('wins over')
    vendored.follow(hints)
    expect(vendored.drift('core.autocrlf=true')).toEqual({ drift: none, hints: [] })
  },
)

test('the advice names the .gitattributes of a module, which wins over that of the repository', () => {
  const vendored = commit('vendor', { ...files, [own]: '*.go text=auto\n' })
  vendored.follow(vendored.drift('core.autocrlf=true').hints)
  const { drift, hints } = vendored.drift('core.autocrlf=true')
  expect(drift.lineEnds).toEqual(['example.com/own/lf.go'])
  expect(hints.join(' ')).toContain(`vendor/${own} wins over that line`)
  const settings = [...hints.join(' ').matchAll(/`git config --global (\S+) (\S+)`/g)]
  expect(settings).toHaveLength(2)
  expect(vendored.drift(...settings.map(([, key, value]) => `${key}=${value}`)).drift).toEqual(none)
})

test('without other line endings there is no advice', () => {
  expect(lineEndingHints('vendor', [], () => true)).toEqual([])
})
