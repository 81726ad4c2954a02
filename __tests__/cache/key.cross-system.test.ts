import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { planBuildCache } from '../../src/cache/gocache/key.ts'
import { planModuleCache } from '../../src/cache/gomodcache/key.ts'
import type { Key, KeyFacts } from '../../src/cache/key.ts'
import { readCheckout } from '../../src/checkout/checkout.ts'
import { GoEnv } from '../../src/gocmd/go-env.ts'
import { readInputs } from '../../src/inputs/inputs.ts'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { hash } from '../gofiles/root.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const { inputs } = readInputs({})

/** A workspace with comments, replacements and checksum files of both kinds. */
const files = {
  'go.work': 'go 1.25\n\n// The service and its library.\nuse (\n\t./service\n\t./library\n)\n',
  'go.work.sum': `example.com/c v1.0.0 ${hash('C')}\nexample.com/c v1.0.0/go.mod ${hash('D')}\n`,
  'service/go.mod':
    'module example.com/service\n\ngo 1.25\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.2.0 // indirect\n)\n\nreplace example.com/b => example.com/fork v1.2.1\n',
  'service/go.sum': `example.com/a v1.0.0 ${hash('A')}\nexample.com/a v1.0.0/go.mod ${hash('B')}\n`,
  'library/go.mod': 'module example.com/library\n\ngo 1.25\n\nrequire example.com/a v1.0.0\n',
  'library/go.sum': `example.com/a v1.0.0 ${hash('A')}\n`,
}

/** Key facts of a job on one system; the directories are of this machine, because they have to be absolute here. */
function machine(system: 'linux' | 'darwin' | 'windows'): Omit<KeyFacts, 'roots' | 'workspace'> {
  const variables = {
    linux: { GOARCH: 'amd64', CC: 'gcc', GOROOT: '/opt/hostedtoolcache/go/1.26.0/x64', GOCACHE: '/c' },
    darwin: { GOARCH: 'arm64', CC: 'clang', GOROOT: '/Users/runner/hostedtoolcache/go', GOCACHE: '/d' },
    windows: { GOARCH: 'amd64', CC: 'gcc', GOROOT: 'C:\\hostedtoolcache\\go\\1.26.0\\x64', GOCACHE: '/e' },
  }
  const versions = { linux: 'go1.26.0', darwin: 'go1.25.1', windows: 'go1.26.2' }
  const env = {
    ...variables[system],
    GOOS: system,
    GOHOSTOS: system,
    GOVERSION: versions[system],
    GOFLAGS: '',
    CGO_ENABLED: system === 'windows' ? '0' : '1',
    GOMODCACHE: `/home/${system}/go/pkg/mod`,
  }
  return {
    go: { env, compiler: variables[system].CC, toolchainSetting: 'local' },
    image: { system, release: `${system}1`, arch: variables[system].GOARCH },
    identity: {
      workflow: 'org/app/.github/workflows/ci.yml',
      id: `test-${system}`,
      matrix: `{"os":"${system}"}`,
    },
    source: [`tree of ${system}`],
  }
}

/** The keys of both caches, for a checkout with these line endings. */
async function keysOn(
  system: 'linux' | 'darwin' | 'windows',
  repository: string,
): Promise<{ readonly modules: Key; readonly build: Key; readonly goMod: string }> {
  const workspace = path.join(temporaryFolder(), 'app')
  // Git for Windows and hosted runners set core.autocrlf=true.
  const autocrlf = `core.autocrlf=${system === 'windows'}`
  await git(repository, '-c', autocrlf, 'clone', '--quiet', '--config', autocrlf, repository, workspace)
  const { roots, problems } = await readCheckout(inputs, workspace, new GoEnv({}), '')
  expect(problems).toEqual([])
  const facts = { ...machine(system), roots, workspace }
  const [modules, build] = [planModuleCache(inputs, facts), planBuildCache(inputs, facts)]
  if (!modules.wanted || !build.wanted) throw new Error(`${modules.why}; ${build.why}`)
  const goMod = readFileSync(path.join(workspace, 'service/go.mod'), 'utf8')
  return { modules: modules.key, build: build.key, goMod }
}

test('all legs of a matrix share one module entry on all systems, whatever line endings git writes', async () => {
  const folder = temporaryFolder()
  writeFiles(path.join(folder, 'origin'), files)
  await createRepository(path.join(folder, 'origin'), path.join(folder, 'repository'))
  const [linux, darwin, windows] = [
    await keysOn('linux', path.join(folder, 'repository')),
    await keysOn('darwin', path.join(folder, 'repository')),
    await keysOn('windows', path.join(folder, 'repository')),
  ]
  expect(windows.goMod).toBe(linux.goMod.replaceAll('\n', '\r\n'))
  expect([darwin.modules, windows.modules]).toEqual([linux.modules, linux.modules])
  // Build entries differ.
  expect(new Set([linux, darwin, windows].map(({ build }) => build.full)).size).toBe(3)
})
