import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { problemText } from '../../src/errors.ts'
import { declarations, readInputs, variableOf } from '../../src/inputs/inputs.ts'

const defaults = readInputs({}).inputs

describe('readInputs', () => {
  test('without variables every input has the default of action.yml', () => {
    expect(defaults).toEqual({
      'working-directory': '.',
      modules: [],
      dependencies: 'auto',
      cache: true,
      'cache-modules': true,
      'cache-build': true,
      'cache-mode': 'auto',
      'cache-backend': 'auto',
      's3-bucket': '',
      's3-region': '',
      's3-endpoint': '',
      's3-prefix': 'go-deps-action',
      'cache-key': '',
      'cache-zips': 'auto',
      'cache-save-on-failure': false,
      'cache-save-branches': [],
      'cache-max-size': 2_000_000_000,
      'fail-on-cache-miss': 'false',
      'lookup-only': false,
      verify: true,
      'on-corrupt': 'heal',
      'check-vendor': false,
      'check-tidy': false,
      credentials: { credentials: [], linesWithoutSecret: [], faults: [] },
      'ssh-private-key': { keys: [], linesWithoutSecret: [], faults: [] },
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
      'sub-action': 'none',
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
  ] as const)('%s = %j is reported with the input, the value and the allowed values', (name, text, words) => {
    const { inputs, problems } = readInputs({ [variableOf(name)]: text })
    expect(problems).toHaveLength(1)
    const [problem] = problems
    const sentence = problem === undefined ? '' : problemText(problem)
    for (const word of words) expect(sentence).toContain(word)
    expect(sentence).toMatch(/\. [A-Z][^\n]+\.$/)
    expect(inputs[name]).toEqual(defaults[name])
  })

  test('all mistakes are reported at once', () => {
    const { problems } = readInputs({ INPUT_CACHE: 'on', INPUT_RETRIES: 'many', 'INPUT_CACHE-MODE': '?' })
    expect(problems.map((problem) => problem.what)).toEqual([
      'Input `cache` is "on"',
      'Input `cache-mode` is "?"',
      'Input `retries` is "many"',
    ])
  })

  test('any text gives each input either a valid value or a problem, and never throws', () => {
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

describe('a list', () => {
  const read = (name: string, text: string) => readInputs({ [variableOf(name)]: text })
  const lists = [
    ['modules', 'backend'],
    ['cache-save-branches', 'main'],
    ['goprivate', 'example.com/acme'],
    ['gonoproxy', 'example.com/acme'],
    ['gonosumdb', 'example.com/acme'],
    ['goinsecure', 'example.com/acme'],
    ['govcs', 'public:git'],
    ['offline-check', './cmd/...'],
    ['bundle-toolchain', 'linux/amd64'],
  ] as const

  test.each([...lists, ['goflags', '-trimpath'] as const])('%s accepts comments', (name, item) => {
    const plain = read(name, item)
    expect(plain.problems).toEqual([])
    expect(read(name, `# why\n${item}\n  # and, "more"\r\n#\n`)).toEqual(plain)
    expect(read(name, '# nothing\n').inputs).toEqual(defaults)
  })

  test.each(lists)('%s rejects JSON, YAML and quotes', (name, item) => {
    const messages = (text: string) => read(name, text).problems.map(problemText)
    const isJson = [expect.stringContaining('it is a JSON or YAML list: write one item per line')]
    expect(messages(JSON.stringify([item]))).toEqual(isJson)
    expect(messages(`[${item}, ${item}]`)).toEqual(isJson)
    expect(messages(`["${item}",\n"${item}"]`)).toEqual(isJson)
    expect(messages('[]')).toEqual(isJson)
    expect(messages(`"${item}"`)).toEqual([expect.stringContaining('has quotes around it')])
    expect(messages(`'${item}', '${item}'`)).toEqual([expect.stringContaining('element 1')])
    expect(messages(`- ${item}`)).toEqual([expect.stringContaining('begins with a dash')])
  })

  test.each([
    ['cache-save-branches', 'refs/heads/main', 'write only the branch name, `main`'],
    [
      'cache-save-branches',
      'main, heads/next',
      'element 2 ("heads/next") is a full ref: write only the branch name, `next`',
    ],
    ['cache-save-branches', 'refs/tags/v1', 'runs on a tag never save'],
    ['cache-save-branches', 'refs/pull/1/merge', 'the merge of a pull request'],
    ['cache-save-branches', 'refs/remotes/origin/main', 'write only the branch name, `main`'],
    ['cache-save-branches', 'origin/main', 'write `main`'],
    ['cache-save-branches', 'release/', 'write `release/*`, or `release/**`'],
    ['cache-save-branches', '/main', 'is not a valid branch name'],
    ['cache-save-branches', '!main', 'list only the branches that save'],
    ['cache-save-branches', '$default-branch', 'omit the input'],
    ['cache-save-branches', 'true', 'write `**` for all branches'],
    ['cache-save-branches', 'main next', 'write one branch per line'],
    ['cache-save-branches', '^main$', 'holds "^"'],
    ['cache-save-branches', 'release-[0-9]', 'holds "["'],
    ['cache-save-branches', 'https://github.com/acme/app', 'is a URL'],
    ['goprivate', 'example.com/acme/**', 'a pattern also covers everything below it'],
    ['goprivate', '**', 'write `*` for all modules'],
    ['gonosumdb', '**.example.com', 'holds `**`'],
    ['goprivate', 'https://github.com/acme', 'is a URL'],
    ['offline-check', './cmd/**', 'is a glob: write `...`'],
    ['offline-check', 'https://github.com/acme/app', 'is a URL'],
    ['offline-check', 'ture', 'did you mean `true`?'],
    ['offline-check', 'yes', 'did you mean `true`?'],
    ['bundle-toolchain', 'linux-amd64', 'write `linux/amd64`'],
    ['bundle-toolchain', 'Linux/x86_64', 'write `linux/amd64`'],
    [
      'bundle-toolchain',
      'linux/amd64, macos/aarch64',
      'element 2 ("macos/aarch64") is not Go\'s name for it: write `darwin/arm64`',
    ],
    ['bundle-toolchain', 'ture', 'Did you mean `true`?'],
  ])('%s: %s is rejected, with the correct form', (name, text, words) => {
    expect(read(name, text).problems.map(problemText)).toEqual([expect.stringContaining(words)])
  })

  test.each([
    ['cache-save-branches', 'main, release/*\n**\nfeature/#12', ['main', 'release/*', '**', 'feature/#12']],
    ['cache-save-branches', 'v1.2, originals/x, heads', ['v1.2', 'originals/x', 'heads']],
    ['modules', '[ab]pp/[x]\n./**', ['[ab]pp/[x]', './**']],
    ['bundle-toolchain', 'linux/386', ['linux/386']],
    ['offline-check', 'tree\nexample.com/m/...', ['tree', 'example.com/m/...']],
    ['goprivate', 'example.com/acme/', 'example.com/acme'],
  ] as const)('%s: %s is accepted', (name, text, value) => {
    const { inputs, problems } = read(name, text)
    expect(problems).toEqual([])
    expect(inputs[name]).toEqual(value)
  })
})

describe('a misspelled word', () => {
  test.each([
    ['cache-mode', 'raed', 'read'],
    ['cache-mode', 'readonly', 'read'],
    ['cache-mode', 'read-only', 'read'],
    ['cache-mode', 'Write', 'write'],
    ['cache-mode', 'writeonly', 'write-only'],
    ['cache-mode', 'off', 'none'],
    ['dependencies', 'vendored', 'vendor'],
    ['dependencies', 'donwload', 'download'],
    ['cache', 'yes', 'true'],
    ['cache', 'ture', 'true'],
    ['cache', '"false"', 'false'],
    ['verify', 'off', 'false'],
    ['offline', 'strcit', 'strict'],
    ['offline', 'on', 'true'],
    ['summary', 'on-problems', 'on-problem'],
    ['summary', 'false', 'never'],
    ['test-cache', 'stabel', 'stable'],
    ['on-corrupt', 'Heal', 'heal'],
    ['bundle-into', 'modulecache', 'module-cache'],
    ['bundle-scope', 'al', 'all'],
    ['deps-lock-mode', 'chekc', 'check'],
    ['cache-zips', 'atuo', 'auto'],
  ])('%s: %s suggests %s', (name, text, word) => {
    const { problems } = readInputs({ [variableOf(name)]: text })
    expect(problems.map(problemText)).toEqual([expect.stringContaining(`Did you mean \`${word}\`? `)])
  })

  test('is suggested for every choice and every flag', () => {
    for (const [name, { kind }] of Object.entries(declarations)) {
      const words = /^one of /.test(kind.allowed) || kind.allowed.startsWith('`true`')
      expect([name, kind.suggest !== undefined || kind.fault !== undefined]).toEqual([
        name,
        words || kind.fault !== undefined,
      ])
    }
  })

  test('gets no suggestion if nothing is similar', () => {
    const { problems } = readInputs({ [variableOf('cache-mode')]: 'sometimes' })
    expect(problems.map(problemText).join()).not.toContain('Did you mean')
  })
})
