import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import * as runner from '../../src/platform/runner.ts'
import { appendToSummary, LaterSteps, setOutput } from '../../src/platform/runner.ts'
import { parseNameValues } from '../../testbed/runner/file-commands.ts'
import { Masks, StepOutput } from '../../testbed/runner/workflow-commands.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

test.each(['', '/nowhere/at/all'])('ignores a job summary at %j that cannot be written', async (file) => {
  vi.stubEnv('GITHUB_STEP_SUMMARY', file === '' ? path.join(temporaryFolder(), 'absent') : file)
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(appendToSummary('text')).resolves.toBeUndefined()
})

describe('variables for later steps', () => {
  const hostile = 'one\nEVIL=1\nEVIL<<x\n2\nx\r\nlast=🙂'

  /** A file that the runner would read, named by a variable during the test. */
  function commandFile(variable: string): string {
    const folder = temporaryFolder()
    writeFiles(folder, { file: '' })
    const file = path.join(folder, 'file')
    vi.stubEnv(variable, file)
    onTestFinished(() => void vi.unstubAllEnvs())
    return file
  }

  const exportVariable = (name: string, value: string) => {
    const later = new LaterSteps()
    later.set({ [name]: value })
    later.write()
  }

  test.each([
    ['GITHUB_ENV', exportVariable],
    ['GITHUB_OUTPUT', setOutput],
  ] as const)('keep a value with line breaks together in %s', (variable, write) => {
    const file = commandFile(variable)
    write('NAME', hostile)
    write('NEXT', 'x')
    expect([...parseNameValues(readFileSync(file, 'utf8'))]).toEqual([
      ['NAME', hostile],
      ['NEXT', 'x'],
    ])
  })

  test('is written once, with the last value of each variable, and leaves this process as it is', () => {
    const [env, folders] = [commandFile('GITHUB_ENV'), commandFile('GITHUB_PATH')]
    const before = { ...process.env }
    const later = new LaterSteps()
    later.set({ SSL_CERT_FILE: 'first', GIT_CONFIG_COUNT: '2' })
    later.set({ SSL_CERT_FILE: 'last' })
    later.addPath('/theirs')
    expect(readFileSync(env, 'utf8') + readFileSync(folders, 'utf8')).toBe('')
    later.write()
    later.write()
    expect([...parseNameValues(readFileSync(env, 'utf8'))]).toEqual([
      ['SSL_CERT_FILE', 'last'],
      ['GIT_CONFIG_COUNT', '2'],
    ])
    expect(readFileSync(folders, 'utf8').trim()).toBe('/theirs')
    expect(process.env).toEqual(before)
  })

  test('leave a folder with a line break off PATH', () => {
    const file = commandFile('GITHUB_PATH')
    const later = new LaterSteps()
    expect(() => later.addPath('/a\n/evil')).toThrow(RangeError)
    later.addPath('/a b')
    later.write()
    expect(readFileSync(file, 'utf8').trim()).toBe('/a b')
  })
})

describe('untrusted text in the log', () => {
  /** The runner's view of what is written meanwhile: commands by level, and the other lines. */
  function heard(work: () => void): { readonly levels: readonly string[]; readonly log: readonly string[] } {
    const chunks: string[] = []
    const before = process.exitCode
    const spy = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((chunk) => chunks.push(String(chunk)) > 0)
    try {
      work()
    } finally {
      spy.mockRestore()
      process.exitCode = before
    }
    const output = new StepOutput(new Masks())
    for (const line of chunks
      .join('')
      .replace(/\r?\n$/, '')
      .split(/\r\n|\r|\n/))
      output.take(line)
    return { levels: output.commands.map(({ level }) => level), log: output.log.split('\n') }
  }

  const hostile = [
    ...[
      '::error::x',
      ' ::add-mask::a',
      '\u2003::stop-commands::x',
      'a\n::error::x',
      'a\r::endgroup::',
      'a\r\n##[error]x',
    ],
    ...[
      'a ##[group]x',
      '##[add-mask]a',
      '::error::a,b=c::%0A::warning::',
      '%0D%0A::error::x',
      '\u0000::error::x',
    ],
  ]
  test.each(hostile)('%j stays text at any position', (text) => {
    expect(heard(() => runner.info(text))).toEqual({ levels: [], log: [expect.any(String)] })
    expect(heard(() => runner.debug(text)).levels).toEqual(['debug'])
    expect(heard(() => runner.notice(text)).levels).toEqual(['notice'])
    expect(heard(() => runner.warning(text)).levels).toEqual(['warning'])
    expect(heard(() => runner.error(text, { title: text, file: text, line: 1 })).levels).toEqual(['error'])
    const group = heard(() => runner.group(text, ['a', text, 'b']))
    expect(group).toEqual({ levels: ['group', 'endgroup'], log: ['a', expect.any(String), 'b'] })
    expect(heard(() => runner.mask(text)).levels.every((level) => level === 'add-mask')).toBe(true)
  })

  test('hides a secret also in its escaped form', () => {
    const chunks: string[] = []
    const secret = 'a##[b]\u001bc'
    const spy = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((chunk) => chunks.push(String(chunk)) > 0)
    runner.mask(secret)
    runner.info(`it is ${secret}`)
    spy.mockRestore()
    const output = new StepOutput(new Masks())
    for (const line of chunks.join('').split('\n')) output.take(line)
    expect(output.log.trim()).toBe('it is ***')
  })
})
