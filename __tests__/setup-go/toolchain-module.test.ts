import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { whyToolchainUnavailable } from '../../src/setup-go/toolchain-module.ts'
import { testEnv } from '../environment.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

afterEach(() => vi.unstubAllEnvs())

const version = 'v0.0.1-go1.99.0.linux-amd64'
const name = `golang.org/toolchain@${version}`

test('a Go without a source is unavailable; one with a source, or without information, may be available', async () => {
  const folder = temporaryFolder()
  const gomodcache = path.join(folder, 'cache')
  const fault = () => whyToolchainUnavailable(name, 'go1.99.0', gomodcache, { env: testEnv(), retries: 0 })
  // Flags of the user, which Go would refuse here, have no say.
  vi.stubEnv('GOFLAGS', '-mod=vendor')
  vi.stubEnv('GOMODCACHE', path.join(folder, 'other'))
  vi.stubEnv('GOPROXY', pathToFileURL(path.join(folder, 'proxy')).href)
  writeFiles(folder, { 'proxy/x': '' })
  expect(await fault()).toBe('it requires Go 1.99.0, but no source in GOPROXY has it')
  vi.stubEnv('GOPROXY', 'http://127.0.0.1:1')
  expect(await fault(), 'no answer is none').toBeUndefined()
  writeFiles(folder, {
    [`proxy/golang.org/toolchain/@v/${version}.info`]: JSON.stringify({ Version: version }),
  })
  vi.stubEnv('GOPROXY', pathToFileURL(path.join(folder, 'proxy')).href)
  expect(await fault()).toBeUndefined()
  vi.stubEnv('GOPROXY', 'off')
  writeFiles(gomodcache, { [`${name}/bin/go`]: '' })
  expect(await fault(), 'it is in the module cache').toBeUndefined()
})
