import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { BadOption } from '../../bench/options.ts'
import { copySetupGo, findSetupGo } from '../../bench/setup-go.ts'
import { readActionFile } from '../../testbed/runner/action-file.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** The parts of actions/setup-go v7.0.0 that the bench reads. */
const files: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'setup-go', version: '7.0.0' }),
  'action.yml': `name: 'Setup Go environment'
inputs:
  go-version:
    description: 'The Go version'
  token:
    default: \${{ github.server_url == 'https://github.com' && github.token || '' }}
  cache:
    default: true
runs:
  using: 'node24'
  main: 'dist/setup/index.js'
  post: 'dist/cache-save/index.js'
  post-if: success()
`,
  'dist/setup/index.js': 'main',
  'dist/cache-save/index.js': 'post',
  'matchers.json': '{}',
  'README.md': 'text',
}

function clone(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const folder = temporaryFolder()
  const all = Object.entries({ ...files, ...changes }).filter(([, text]) => text !== undefined)
  writeFiles(folder, Object.fromEntries(all) as Record<string, string>)
  return folder
}

describe('a clone of actions/setup-go', () => {
  test('is recognized, with its version', () => {
    const folder = clone()
    expect(findSetupGo(folder)).toEqual({ folder, version: '7.0.0' })
  })

  test('is copied in a form that the runner of the test bed runs', async () => {
    const copy = path.join(temporaryFolder(), 'copy')
    copySetupGo(findSetupGo(clone()), copy)
    expect(await readActionFile(copy)).toEqual({
      inputs: new Map([
        ['go-version', ''],
        ['token', ''],
        ['cache', 'true'],
      ]),
      main: 'dist/setup/index.js',
      post: 'dist/cache-save/index.js',
    })
    expect(['dist/setup/index.js', 'README.md'].map((name) => existsSync(path.join(copy, name)))).toEqual([
      true,
      false,
    ])
  })

  test.each([
    ['another action', { 'package.json': '{"name":"cache","version":"7.0.0"}' }, 'the name "cache"'],
    ['an old version', { 'package.json': '{"name":"setup-go","version":"5.5.0"}' }, 'the version "5.5.0"'],
    ['no version', { 'package.json': '{"name":"setup-go"}' }, 'the version undefined'],
    ['no package.json', { 'package.json': undefined }, 'it has no package.json'],
    ['a broken package.json', { 'package.json': '{' }, 'its package.json cannot be read'],
    ['another action.yml', { 'action.yml': 'name: Other\n' }, 'the name "Other"'],
    ['no bundles', { 'dist/cache-save/index.js': undefined }, 'names a post that is not there'],
    [
      'another condition of its post',
      { 'action.yml': files['action.yml']?.replace('success()', 'always()') },
      'another post-if',
    ],
  ])('is not %s', (_, changes, why) => {
    const folder = clone(changes)
    expect(() => findSetupGo(folder)).toThrow(BadOption)
    expect(() => findSetupGo(folder)).toThrow(`--setup-go is "${folder}": `)
    expect(() => findSetupGo(folder)).toThrow(why)
  })
})
