import { describe, expect, test } from 'vitest'
import { canonicalNames, childEnvironment, isFixedPath } from '../../src/platform/environment.ts'

describe('the names of variables', () => {
  test('become upper case on Windows, where their case does not count', () => {
    const variables = { Path: 'C:\\Go\\bin', SystemRoot: 'C:\\Windows', GoFlags: '-mod=mod', GOPROXY: 'off' }
    expect(canonicalNames(variables, 'win32')).toEqual({
      ...{ PATH: 'C:\\Go\\bin', SYSTEMROOT: 'C:\\Windows', GOFLAGS: '-mod=mod', GOPROXY: 'off' },
    })
  })

  test('stay as they are for proxies, and on other systems', () => {
    const proxies = { http_proxy: 'http://127.0.0.1:1', No_Proxy: '*' }
    expect(canonicalNames(proxies, 'win32')).toEqual(proxies)
    const variables = { Path: 'a', PATH: 'b' }
    for (const system of ['linux', 'darwin']) expect(canonicalNames(variables, system)).toEqual(variables)
  })
})

test.each([
  ['C:\\Go\\bin', 'win32', true],
  ['d:/go', 'win32', true],
  ['\\\\server\\share\\bin', 'win32', true],
  ['\\\\?\\C:\\bin', 'win32', true],
  // On the drive of the current folder, or in the current folder of a drive.
  ['\\tools', 'win32', false],
  ['/tools', 'win32', false],
  ['C:tools', 'win32', false],
  ['tools', 'win32', false],
  ['/usr/bin', 'linux', true],
  ['C:\\bin', 'linux', false],
  ['"/usr/bin"', 'linux', false],
])('%s on %s means the same from every folder: %j', (file, system, expected) => {
  expect(isFixedPath(file, system)).toBe(expected)
})

test('a child on Windows searches programs only in fixed folders of PATH', () => {
  const variables = {
    Path: '.;\\tools;C:bin;"C:\\Program Files\\Go\\bin";D:\\bin',
    nodefaultcurrentdirectoryinexepath: '',
  }
  const given = childEnvironment(variables, 'win32')
  expect(given.Path).toBe('"C:\\Program Files\\Go\\bin";D:\\bin')
  const names = Object.keys(given).filter((name) => /^nodefault/i.test(name))
  expect(names.map((name) => given[name])).toEqual(['1'])
  expect(childEnvironment({ PATH: '.:/usr/bin:bin' }, 'linux').PATH).toBe('/usr/bin')
})
