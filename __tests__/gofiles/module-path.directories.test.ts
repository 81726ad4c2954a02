import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { downloadPrefix, splitTreeDirectory, treeDirectory } from '../../src/gofiles/module-path.ts'
import { runGo, temporaryDirectory } from './go-command.ts'

/** Module, tree directory and download prefix as in real module caches. */
const REAL: [path: string, version: string, tree: string, prefix: string][] = [
  [
    'github.com/BurntSushi/toml',
    'v1.2.3',
    'github.com/!burnt!sushi/toml@v1.2.3',
    'cache/download/github.com/!burnt!sushi/toml/@v/v1.2.3',
  ],
  [
    'github.com/Masterminds/semver/v3',
    'v3.4.0',
    'github.com/!masterminds/semver/v3@v3.4.0',
    'cache/download/github.com/!masterminds/semver/v3/@v/v3.4.0',
  ],
  [
    'github.com/docker/docker',
    'v28.1.1+incompatible',
    'github.com/docker/docker@v28.1.1+incompatible',
    'cache/download/github.com/docker/docker/@v/v28.1.1+incompatible',
  ],
  [
    'github.com/Azure/azure-sdk-for-go/sdk/azcore',
    'v1.18.0-RC1',
    'github.com/!azure/azure-sdk-for-go/sdk/azcore@v1.18.0-!r!c1',
    'cache/download/github.com/!azure/azure-sdk-for-go/sdk/azcore/@v/v1.18.0-!r!c1',
  ],
  ['gopkg.in/yaml.v3', 'v3.0.1', 'gopkg.in/yaml.v3@v3.0.1', 'cache/download/gopkg.in/yaml.v3/@v/v3.0.1'],
  [
    'golang.org/x/exp',
    'v0.0.0-20240719175910-8a7402abbf56',
    'golang.org/x/exp@v0.0.0-20240719175910-8a7402abbf56',
    'cache/download/golang.org/x/exp/@v/v0.0.0-20240719175910-8a7402abbf56',
  ],
  [
    'golang.org/toolchain',
    'v0.0.1-go1.25.0.linux-amd64',
    'golang.org/toolchain@v0.0.1-go1.25.0.linux-amd64',
    'cache/download/golang.org/toolchain/@v/v0.0.1-go1.25.0.linux-amd64',
  ],
  ['dario.cat/mergo', 'v1.0.2', 'dario.cat/mergo@v1.0.2', 'cache/download/dario.cat/mergo/@v/v1.0.2'],
]

describe('places in the module cache', () => {
  test.each(REAL)('%s %s', (modulePath, version, tree, prefix) => {
    const module = { path: modulePath, version }
    expect(treeDirectory(module)).toBe(tree)
    expect(downloadPrefix(module)).toBe(prefix)
    expect(splitTreeDirectory(tree)).toEqual(module)
  })

  test('are where Go looks for trees and .mod files', () => {
    using place = temporaryDirectory()
    const inCache = (name: string) => path.join(place.directory, ...name.split('/'))
    const modules = REAL.map(([modulePath, version]) => ({ path: modulePath, version }))
    for (const module of modules) {
      const prefix = inCache(downloadPrefix(module))
      mkdirSync(path.dirname(prefix), { recursive: true })
      mkdirSync(inCache(treeDirectory(module)), { recursive: true })
      writeFileSync(`${prefix}.info`, JSON.stringify({ Version: module.version }))
      writeFileSync(`${prefix}.mod`, `module ${module.path}\n`)
      writeFileSync(`${prefix}.ziphash`, 'h1:unread')
    }
    const names = modules.map((module) => `${module.path}@${module.version}`)
    const { stdout, stderr } = runGo(['list', '-m', '-f', '{{.Dir}}\t{{.GoMod}}', ...names], {
      cwd: place.directory,
      env: { GOMODCACHE: place.directory, GOFLAGS: '-mod=mod' },
    })
    expect(stderr).toBe('')
    expect(stdout.trimEnd().split(/\r?\n/)).toEqual(
      modules.map((m) => `${inCache(treeDirectory(m))}\t${inCache(downloadPrefix(m))}.mod`),
    )
  })

  test.each([
    'cache/lock',
    'cache/download/github.com/a/b/@v/v1.0.0.zip',
    'cache/download/github.com/a/b/@v',
    'github.com/a/b',
    'github.com/a/b@',
    'github.com/a/b@v1.0.0/sub',
    'github.com/a/b@v1.0.0/x@v2.0.0',
    'github.com/A/b@v1.0.0',
    'github.com/!/b@v1.0.0',
    'github.com/!!a/b@v1.0.0',
    'github.com/a/b@v1.0.0-!',
    'github.com/../../b@v1.0.0',
    'github.com/a/b@..',
    'github.com\\a\\b@v1.0.0',
    '@v1.0.0',
    '',
  ])('finds no tree at "%s"', (directory) => {
    expect(splitTreeDirectory(directory)).toBeUndefined()
  })
})
