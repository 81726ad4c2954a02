import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { goflagsRefusal } from '../../src/gosettings/goflags.ts'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { goCommand, runGo } from '../gofiles/go-command.ts'
import { goCases, slice } from '../harness/extent.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** Values of GOFLAGS and whether a build starts, with every Go. */
const values: readonly (readonly [goflags: string, isRefused: boolean])[] = [
  ...taken('', '-mod=', '-mod=readonly', '-mod=mod', '--mod=mod', '-mod=none -mod=mod', '-mod=vendor'),
  ...refused('-mod', '-mod=module', '-mod=mod,readonly', '-mod=mod -mod=none', '-mod=Vendor'),
  ...taken('-trimpath', '-trimpath=1', '-trimpath=F', '-modcacherw', '-buildvcs=auto', '-v -x=false'),
  ...refused('-trimpath=yes', '-trimpath=', '-modcacherw=on', '-buildvcs=maybe', '-race=maybe -race=false'),
  ...taken('-p=1', '-p=0x10', '-p=1_0', '-p=+2', '-p=0 -p=1'),
  ...refused('-p', '-p=x', '-p=0', '-p=-1', '-p=08', '-p=1 -p=0', '-p=1.5', '-p=x -p=1'),
  ...taken('-buildmode=pie', '-buildmode=foo -buildmode=exe', '-compiler=gc', '-covermode=atomic'),
  ...refused('-buildmode=foo', '-buildmode=', '-buildmode', '-compiler=gcc', '-compiler=', '-covermode=x'),
  ...taken('-gcflags=', '-gcflags=all=', '-gcflags=-N', '-gcflags=all=-N', "'-ldflags=-s -w'", '-ldflags=a='),
  ...refused('-gcflags', '-gcflags=all', '-ldflags=foo', "-ldflags='-X", '-asmflags==x', `"-ldflags=-X 'a"`),
  ...taken('-tags=', '-tags=a,b', "-tags='a'", '-toolexec=', '-overlay=', '-modfile=', '-pgo=off'),
  ...refused('-tags', "-tags='a", '-toolexec', "-toolexec='a", '-overlay', '-modfile', '-pgo', '-pkgdir'),
  ...refused('-C', '-C=..', '-unknown', '-chdir=..', '-workfile=off', '-h', '-trimpaht', '-mod.file=x'),
  ...refused('-tags foo', 'trimpath', '-', '--', '---v', '-=v', '"', "-v ''"),
  ...taken('-vet=off', '-run=x', '-timeout=x', '-count=1', '-json', '-fuzz=x'),
]

function taken(...texts: string[]): [string, boolean][] {
  return texts.map((text) => [text, false])
}

function refused(...texts: string[]): [string, boolean][] {
  return texts.map((text) => [text, true])
}

const gos = [
  { name: 'the newest Go', command: async () => 'go' },
  { name: 'the oldest Go', command: async () => path.join(await goRoot(oldestGo), 'bin', 'go') },
]

describe.each(gos)('goflagsRefusal and $name', ({ command }) => {
  test('agree on values', async () => {
    const go = goCommand(await command())
    const folder = temporaryFolder()
    writeFiles(folder, { 'go.mod': 'module example.com/m\n\ngo 1.21\n', 'm.go': 'package m\n' })
    const tried = slice(values, goCases(values.length))
    const verdicts = tried.map(([goflags]) => {
      // `go list -deps` reads build and package flags, as `go build` does, and compiles nothing.
      const { status, stderr } = runGo(['list', '-deps', '.'], {
        cwd: folder,
        env: { GOFLAGS: goflags },
        ...go,
      })
      return [goflags, status !== 0, goflagsRefusal(goflags, go.version) !== undefined, stderr.split('\n')[0]]
    })
    expect(verdicts.filter(([, isRefused, isOurs]) => isRefused !== isOurs)).toEqual([])
    expect(verdicts.map(([goflags, isRefused]) => [goflags, isRefused])).toEqual(tried)
  })

  test('agree on names of flags', async () => {
    const go = goCommand(await command())
    const source = readFileSync(
      path.resolve(import.meta.dirname, '../../src/gosettings/flag-values.ts'),
      'utf8',
    )
    const names = [...source.matchAll(/words\(\s*[`']([^`']+)/g)].flatMap(([, text = '']) =>
      text.split(/\s+/),
    )
    expect(names.length).toBeGreaterThan(120)
    const ours = names.filter((name) => goflagsRefusal(`-${name}`, go.version)?.includes('know'))
    // Names that all Go versions know, one in eight, and every other one.
    const known = new Set(slice(names, goCases(names.length / 8)))
    const tried = names.filter((name) => ours.includes(name) || known.has(name))
    const theirs = tried.filter((name) => {
      const env = { GOFLAGS: `-${name}` }
      return runGo(['version'], { cwd: '/', env, ...go }).stderr.includes('unknown flag')
    })
    expect(ours).toEqual(theirs)
    expect(ours.length).toBe(go.version.startsWith('go1.21.') ? 10 : 0)
  })
})

test('suggests a similar flag, and trusts a Go newer than the table', () => {
  expect(goflagsRefusal('-trimpaht', 'go1.26.0')).toMatch(
    /not a flag of any go command: did you mean `-trimpath`\?/,
  )
  expect(goflagsRefusal('-trimpaht', 'go1.27.0')).toBeUndefined()
  expect(goflagsRefusal('-trimpaht')).toBeUndefined()
  expect(goflagsRefusal('-mod=vendro')).toMatch(/did you mean `-mod=vendor`\?/)
  expect(goflagsRefusal('-ldflags=hidden')).not.toContain('hidden')
})
