// What each command of run.mjs does: which set-up it needs and the steps it runs, one after the other.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { allGoTools, goToolsFolder } from './setup/go-tools.mjs'
import { exe, root, tools } from './setup/place.mjs'

/**
 * @typedef {object} Step
 * @property {string} does what the step is called when it fails
 * @property {readonly string[]} args arguments; the first is a script for Node 24 unless `program` is given
 * @property {string} [program] absolute path of another program
 * @property {Record<string, string>} [environment] variables added for this step
 * @property {string} [report] Vitest's JSON report, whose totals end the output
 * @property {boolean} [takesArguments] whether what the user typed behind the command is passed on
 * @property {boolean} [isForWholeRuns] left out when the user typed something behind the command
 *
 * @typedef {object} Command
 * @property {readonly Step[]} steps
 * @property {readonly import('./setup/go-tools.mjs').GoToolName[]} [goTools] the tools that Go builds and it needs
 * @property {boolean} [sshServer] whether tests need an ssh server
 * @property {boolean} [bsdTar] whether tests need the tar of macOS
 * @property {string} [packages] a further folder whose npm packages are needed, relative to the root
 */

const isMac = process.platform === 'darwin'
const biome = join('node_modules', '@biomejs', 'biome', 'bin', 'biome')
const tsc = join('node_modules', 'typescript', 'bin', 'tsc')

/** The servers of the tests of faults. */
const faultServers = /** @type {const} */ (['athens', 'goproxy', 'checksum-database', 'versitygw'])

/** What `.ci/run` tests in the emulated macOS, in less than a minute: mostly names of files, and a job of each kind. */
const macosSlice = [
  'macos/',
  ...['pack', 'unpack', 'open-entry', 'tar'].map((name) => `cache/archive/${name}`),
  ...['install', 'restore', 'save.test'].map((name) => `cache/gomodcache/${name}`),
  'cache/gocache/marker',
  'cache/directories',
  'checkout/',
  ...['cleanup', 'file', 'git', 'job-owner', 'permissions', 'processes', 'temp-dirs', 'workers'].map(
    (name) => `platform/${name}`,
  ),
  'platform/cache-client/envelope.test',
  'bundle/cache-directories',
].map((name) => `__tests__/${name}`)

/** @type {Step} */
const build = { does: 'the build', args: ['scripts/build.mjs'] }

/** @type {readonly Step[]} */
const staticChecks = [
  { does: 'formatting and lint (fix: npm run fix)', args: [biome, 'check', '.'] },
  { does: 'types', args: [tsc, '--project', '.'] },
  { does: 'generated files (fix: npm run fix)', args: ['scripts/generate.ts', '--check'] },
  { does: 'dist (fix: npm run fix)', args: ['scripts/check-dist.mjs'] },
  {
    does: 'workflows',
    program: join(goToolsFolder, `actionlint${exe}`),
    // The external linters are switched off: whether they happen to be installed must not change the result.
    args: [
      '-shellcheck=',
      '-pyflakes=',
      ...yamlFiles('.github/workflows'),
      ...yamlFiles('examples/workflows'),
    ],
  },
]

/** Jobs of Linux and of the emulated Windows that share a cache service; Windows itself has no Linux beside it. */
const acrossSystems =
  process.platform === 'linux'
    ? [{ ...vitest('vitest.windows.config.ts', 'report-across.json'), isForWholeRuns: true }]
    : []

/** @type {Readonly<Record<string, Command>>} */
export const commands = {
  test: { goTools: allGoTools, sshServer: true, steps: [vitest('vitest.config.ts', 'report.json')] },
  'test:full': {
    goTools: allGoTools,
    sshServer: true,
    steps: [{ ...vitest('vitest.config.ts', 'report.json'), environment: { GO_DEPS_FULL: '1' } }],
  },
  'test:testbed': {
    goTools: allGoTools,
    sshServer: true,
    steps: [
      {
        ...vitest('vitest.config.ts', 'report-testbed.json', ['__tests__/testbed']),
        environment: { GO_DEPS_FULL: '1' },
      },
      { does: 'the record of the tested test bed', args: ['scripts/testbed-digest.ts'] },
    ],
  },
  'test:contracts': {
    packages: '__tests__/contracts/azurite',
    steps: [vitest('vitest.contracts.config.ts', 'report-contracts.json')],
  },
  'test:windows': { steps: [windowsTests([]), ...acrossSystems] },
  'check:windows': { steps: [windowsTests(['--slice'])] },
  'test:macos': {
    goTools: isMac ? allGoTools : [...allGoTools, 'foldfs'],
    sshServer: true,
    bsdTar: !isMac,
    steps: [onMacos()],
  },
  'check:macos': { goTools: ['foldfs'], bsdTar: true, steps: [onMacos(macosSlice)] },
  reliability: {
    goTools: faultServers,
    steps: [
      {
        ...vitest('vitest.config.ts', 'report-faults.json', ['__tests__/faults']),
        environment: { GO_DEPS_FULL: '1' },
      },
      reliability('report-faults.json', false),
    ],
  },
  'check:reliability': { steps: [reliability('report.json', true)] },
  demo: { steps: [{ does: 'the demo', args: ['testbed/demo.ts'] }] },
  bench: { steps: [{ does: 'the bench', args: ['bench/main.ts'], takesArguments: true }] },
  build: { steps: [build] },
  fix: {
    steps: [
      { does: 'formatting and lint', args: [biome, 'check', '--write', '.'] },
      { does: 'generated files', args: ['scripts/generate.ts'] },
      build,
    ],
  },
  'check:static': { goTools: ['actionlint'], steps: staticChecks },
  check: {
    goTools: allGoTools,
    sshServer: true,
    steps: [...staticChecks, vitest('vitest.config.ts', 'report.json'), reliability('report.json', true)],
  },
}

/**
 * @param {string} config
 * @param {string} reportName
 * @param {readonly string[]} [filters] which tests; all of them by default
 * @returns {Step}
 */
function vitest(config, reportName, filters = []) {
  const report = join(tools, reportName)
  const reporters = [
    '--reporter=default',
    '--reporter=./__tests__/harness/slowest-files.ts',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  const script = join('node_modules', 'vitest', 'vitest.mjs')
  return {
    does: 'tests',
    args: [script, 'run', '--config', config, ...reporters, ...filters],
    report,
    takesArguments: true,
  }
}

/**
 * @param {readonly string[]} args
 * @returns {Step}
 */
function windowsTests(args) {
  return {
    does: 'tests on Windows',
    args: ['scripts/windows-tests.mjs', ...args],
    report: join(tools, 'report-windows.json'),
    takesArguments: true,
  }
}

/**
 * @param {readonly string[]} [filters] which tests; all of them by default
 * @returns {Step} tests on macOS: elsewhere in an emulated one
 */
function onMacos(filters = []) {
  const tests = vitest('vitest.macos.config.ts', 'report-macos.json', filters)
  return { ...tests, does: 'tests on macOS', args: isMac ? tests.args : ['scripts/macos.ts', ...tests.args] }
}

/**
 * @param {string} reportName
 * @param {boolean} isCheck
 * @returns {Step}
 */
function reliability(reportName, isCheck) {
  return {
    does: 'docs/reliability.md (fix: npm run reliability)',
    args: ['scripts/reliability.ts', join(tools, reportName), ...(isCheck ? ['--check'] : [])],
  }
}

/**
 * The YAML files directly in a folder, relative to the root; none if there is no such folder.
 * @param {string} folder
 */
function yamlFiles(folder) {
  try {
    return readdirSync(join(root, folder))
      .filter((name) => /\.ya?ml$/.test(name))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}
