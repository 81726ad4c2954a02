import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { declarations } from '../../src/inputs/inputs.ts'
import { problemText } from '../../src/inputs/problem.ts'
import { readInputs, variableOf } from '../../src/inputs/read.ts'

const defaults = readInputs({}).inputs

describe('readInputs', () => {
  test('without any variable every input has the default that action.yml states', () => {
    expect(defaults).toEqual({
      'working-directory': '.',
      modules: [],
      dependencies: 'auto',
      cache: true,
      'cache-modules': true,
      'cache-build': true,
      'cache-mode': 'auto',
      'cache-key': '',
      'cache-zips': 'auto',
      'cache-save-on-failure': false,
      'cache-save-branches': [],
      'cache-max-size': 2_000_000_000,
      verify: true,
      'on-corrupt': 'heal',
      'check-vendor': false,
      'check-tidy': false,
      credentials: { credentials: [], lacking: [], faults: [] },
      'ssh-private-key': { keys: [], lacking: [], faults: [] },
      'ssh-known-hosts': { lines: [], faults: [] },
      'credentials-required': false,
      'export-credentials': false,
      'ca-certificate': '',
      'cache-private': false,
      offline: 'false',
      'offline-check': [],
      'deps-lock': '',
      'deps-lock-mode': 'check',
      'test-cache': 'keep',
      'bundle-output': '',
      'bundle-scope': 'build',
      'bundle-sumdb': false,
      'bundle-toolchain': [],
      'bundle-private': false,
      bundle: '',
      'bundle-sha256': '',
      'bundle-into': 'proxy',
      'bundle-check': '',
      retries: 3,
      'go-version': '',
      'go-version-file': '',
      'check-latest': false,
      'go-download-base-url': '',
      goproxy: '',
      goprivate: '',
      gonoproxy: '',
      gonosumdb: '',
      gosumdb: '',
      goinsecure: '',
      govcs: '',
      goauth: '',
      gotoolchain: '',
      goflags: '',
      summary: 'always',
      'dry-run': false,
      matrix: '',
      'job-status': '',
    })
  })

  test.each([
    ['cache', 'false', false],
    ['cache', 'FALSE', false],
    ['dry-run', 'True', true],
    ['bundle-toolchain', 'true', ['this']],
    ['bundle-toolchain', 'linux/amd64, darwin/arm64', ['darwin/arm64', 'linux/amd64']],
    ['bundle-sha256', 'A'.repeat(64), 'a'.repeat(64)],
    ['cache-mode', 'write-only', 'write-only'],
    ['retries', '0', 0],
    ['retries', '10', 10],
    ['modules', 'a, b\nc\r\n\n d ', ['a', 'b', 'c', 'd']],
    ['cache-save-branches', 'main\nrelease/*', ['main', 'release/*']],
    ['matrix', '{\n  "go": "1.26"\n}', '{\n  "go": "1.26"\n}'],
    ['working-directory', ' sub/dir ', 'sub/dir'],
  ] as const)('%s = %j', (name, text, value) => {
    const { inputs, problems } = readInputs({ [variableOf(name)]: text })
    expect(problems).toEqual([])
    expect(inputs[name]).toEqual(value)
  })

  test.each([
    ['cache', 'yes', ['`cache`', '"yes"', '`true` or `false`']],
    ['cache-build', '1', ['`cache-build`', '"1"', '`true` or `false`']],
    [
      'cache-mode',
      'readonly',
      ['`cache-mode`', '"readonly"', '`auto`, `write`, `read`, `write-only`, `none`'],
    ],
    ['dependencies', 'vendored', ['`dependencies`', '"vendored"', '`auto`, `download`, `vendor`, `none`']],
    ['retries', '-1', ['`retries`', '"-1"', '0 to 10']],
    ['retries', '2.5', ['`retries`', '"2.5"', '0 to 10']],
    ['goproxy', 'https://u:secret@a.example.com;b', ['`goproxy`', '***', '`;`', '`,` or `|`']],
    ['goprivate', 'a.com/...', ['`goprivate`', '"a.com/..."', 'prefixes']],
    ['gotoolchain', '1.25.0', ['`gotoolchain`', '"1.25.0"', '`local`']],
    ['cache-key', 'a\nb', ['`cache-key`', '"a\\nb"', 'one line']],
  ] as const)('%s = %j names the input, the value and what is allowed', (name, text, words) => {
    const { inputs, problems } = readInputs({ [variableOf(name)]: text })
    expect(problems).toHaveLength(1)
    const [problem] = problems
    const sentence = problem === undefined ? '' : problemText(problem)
    for (const word of words) expect(sentence).toContain(word)
    expect(sentence).toMatch(/\. [A-Z][^\n]+\.$/)
    expect(inputs[name]).toEqual(defaults[name])
  })

  test('all mistakes are told at once', () => {
    const { problems } = readInputs({ INPUT_CACHE: 'on', INPUT_RETRIES: 'many', 'INPUT_CACHE-MODE': '?' })
    expect(problems.map((problem) => problem.what)).toEqual([
      'Input `cache` is "on"',
      'Input `cache-mode` is "?"',
      'Input `retries` is "many"',
    ])
  })

  test('any text gives each input a value of its kind or a problem, never both and never an exception', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(declarations)), fc.string(), (name, text) => {
        const { inputs, problems } = readInputs({ [variableOf(name)]: text })
        expect(Object.keys(inputs)).toEqual(Object.keys(declarations))
        expect(Object.values(inputs)).not.toContain(undefined)
        expect(problems.length).toBeLessThanOrEqual(1)
      }),
    )
  })
})
