import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { addPath, appendToSummary, exportVariable, setOutput } from '../../src/system/runner.ts'
import { parseNameValues } from '../../testbed/runner/file-commands.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

test.each(['', '/nowhere/at/all'])('a job summary at %j is no reason to fail', async (file) => {
  vi.stubEnv('GITHUB_STEP_SUMMARY', file === '' ? path.join(temporaryFolder(), 'absent') : file)
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(appendToSummary('text')).resolves.toBeUndefined()
})

describe('what later steps get', () => {
  const hostile = 'one\nEVIL=1\nEVIL<<x\n2\nx\r\nlast=🙂'

  /** A file that the runner would read, named by a variable for the time of the test. */
  function commandFile(variable: string): string {
    const folder = temporaryFolder()
    writeFiles(folder, { file: '' })
    const file = path.join(folder, 'file')
    vi.stubEnv(variable, file)
    onTestFinished(() => void vi.unstubAllEnvs())
    return file
  }

  test.each([
    ['GITHUB_ENV', exportVariable],
    ['GITHUB_OUTPUT', setOutput],
  ] as const)('a value with line breaks stays one value in %s', (variable, write) => {
    const file = commandFile(variable)
    vi.stubEnv('NAME', '')
    write('NAME', hostile)
    write('NEXT', 'x')
    expect([...parseNameValues(readFileSync(file, 'utf8'))]).toEqual([
      ['NAME', hostile],
      ['NEXT', 'x'],
    ])
  })

  test('is for them alone: this process and its children keep what they have', () => {
    commandFile('GITHUB_ENV')
    commandFile('GITHUB_PATH')
    vi.stubEnv('GIT_CONFIG_COUNT', '2')
    vi.stubEnv('SSL_CERT_FILE', undefined)
    vi.stubEnv('PATH', '/usr/bin')
    for (const name of ['GIT_CONFIG_COUNT', 'SSL_CERT_FILE']) exportVariable(name, 'theirs')
    addPath('/theirs')
    const { GIT_CONFIG_COUNT, SSL_CERT_FILE, PATH } = process.env
    expect({ GIT_CONFIG_COUNT, SSL_CERT_FILE, PATH }).toEqual({ GIT_CONFIG_COUNT: '2', PATH: '/usr/bin' })
  })

  test('a folder whose name has a line break is not put on PATH', () => {
    const file = commandFile('GITHUB_PATH')
    vi.stubEnv('PATH', process.env.PATH)
    expect(() => addPath('/a\n/evil')).toThrow(RangeError)
    addPath('/a b')
    expect(readFileSync(file, 'utf8').trim()).toBe('/a b')
  })
})
