// Runs the tests of Windows: on Windows as they are, on Linux in an emulated one. Takes arguments of Vitest; `--slice` runs
// only what needs no git. The report is at .tools/report-windows.json.
import { spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { listProblems } from '../__tests__/harness/not-emulated.ts'
import { notEmulated } from '../__tests__/windows/not-emulated.ts'
import { parts, partVariable } from '../__tests__/windows/parts.ts'
import { ensurePackages } from './setup/packages.mjs'
import { root, tools } from './setup/place.mjs'
import { ask, SetupError, say } from './setup/process.mjs'
import {
  cloneOnD,
  ensureWindows,
  handOver,
  missingForWindows,
  runWatched,
  serversForWindows,
  user,
} from './setup/windows/windows.mjs'

const isSlice = process.argv.includes('--slice')
const userArguments = process.argv.slice(2).filter((one) => one !== '--slice')
const report = join(tools, 'report-windows.json')
const unfinishedName = 'unfinished-files.json'

/** How often a part is started at most. */
const attempts = 4

try {
  process.exitCode = process.platform === 'win32' ? runHere() : await runEmulated()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

/**
 * @param {string} reportFile
 * @returns {readonly string[]} a command for Node
 */
function vitest(reportFile) {
  const script = join('node_modules', 'vitest', 'vitest.mjs')
  const reporters = [
    'default',
    './__tests__/harness/slowest-files.ts',
    './__tests__/windows/unfinished-files.ts',
    'json',
  ]
  return [
    script,
    'run',
    '--config',
    'vitest.windows.config.ts',
    ...reporters.map((name) => `--reporter=${name}`),
    `--outputFile.json=${reportFile}`,
    ...userArguments,
  ]
}

function runHere() {
  const options = /** @type {const} */ ({ cwd: root, stdio: 'inherit' })
  return spawnSync(process.execPath, vitest(report), options).status ?? 1
}

async function runEmulated() {
  const missing = missingForWindows(process.env)
  if (missing !== undefined) throw new SetupError(`Windows cannot be emulated on this machine: ${missing}`)
  await ensureWindows({ compiled: !isSlice }, process.env)
  const folder = makeFolder(cloneOnD())
  copySources(folder)
  ensurePackages(process.env, folder, ['--os=win32', '--cpu=x64'])
  const toolsThere = join(folder, '.tools')
  mkdirSync(toolsThere, { recursive: true })
  for (const parent of [dirname(dirname(folder)), dirname(folder)]) chownSync(parent, user, user)
  if (!isSlice) cpSync(serversForWindows, join(toolsThere, 'bin'), { recursive: true })
  handOver(folder)
  let code = 0
  const reports = []
  for (const part of partNames()) {
    const name = `report-${part ?? 'all'}.json`
    rmSync(join(toolsThere, name), { force: true })
    code = (await runPart(folder, part, ['node', ...vitest(`.tools/${name}`)])) || code
    reports.push(join(toolsThere, name))
  }
  writeFileSync(report, JSON.stringify(merged(reports)))
  return code || (userArguments.length > 0 ? 0 : staleLimits())
}

/** Names of what Vitest is started with, one after the other; undefined for all at once. */
function partNames() {
  if (isSlice) return ['slice']
  return userArguments.length > 0 ? [undefined] : ['pure', ...Object.keys(parts)]
}

/**
 * Runs a part, and runs it again after a crash of Wine's own server. A failed test is never repeated.
 * @param {string} folder
 * @param {string | undefined} part its name
 * @param {readonly string[]} command
 * @returns {Promise<number>} exit code
 */
async function runPart(folder, part, command) {
  const named = part === undefined ? {} : { [partVariable]: part }
  const keep = [...Object.keys(named), 'GO_DEPS_WINE', 'GO_DEPS_FULL'].join(' ')
  const environment = { ...process.env, ...named, GO_DEPS_WINE: '1', KEEP: keep }
  const unfinished = join(folder, '.tools', unfinishedName)
  const options = { cwd: folder, environment, silence: 10 * 60_000 }
  for (let attempt = 1; attempt <= attempts; attempt++) {
    rmSync(unfinished, { force: true })
    const code = await runWatched(command, options).catch((error) => {
      if (!(error instanceof SetupError)) throw error
      const files = existsSync(unfinished)
        ? JSON.parse(readFileSync(unfinished, 'utf8')).join(', ')
        : 'unknown'
      throw new SetupError(`the run was ended: ${error.message}. Started and not ended were: ${files}`)
    })
    if (code !== 'crashed') return code
    say('Wine crashed, so this part of the tests starts again ...')
  }
  throw new SetupError(`Wine crashed ${attempts} times in the same part of the tests`)
}

/**
 * @param {readonly string[]} files reports of Vitest, in JSON
 * @returns {object} one report with their tests
 */
function merged(files) {
  const reports = files.map((file) => JSON.parse(readFileSync(file, 'utf8')))
  const sum = (/** @type {string} */ name) => reports.reduce((total, one) => total + one[name], 0)
  const names = ['numPassedTests', 'numFailedTests', 'numPendingTests', 'numTodoTests']
  return {
    ...Object.fromEntries(names.map((name) => [name, sum(name)])),
    testResults: reports.flatMap(({ testResults }) => testResults),
  }
}

/**
 * @param {string} folder
 * @returns {string} its real path: npm takes a folder behind a link for a package of its own
 */
function makeFolder(folder) {
  mkdirSync(folder, { recursive: true })
  return realpathSync(folder)
}

/**
 * Copies what git knows of the working tree; what an earlier run left is removed, but for npm packages and tools.
 * @param {string} folder
 */
function copySources(folder) {
  const listed = ask('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], process.env)
  if (listed === undefined) throw new SetupError('git cannot list the files of this repository')
  for (const name of readdirSync(folder))
    if (name !== 'node_modules' && name !== '.tools')
      rmSync(join(folder, name), { recursive: true, force: true })
  for (const name of listed.split('\0').filter((one) => one !== '' && existsSync(join(root, one)))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    cpSync(join(root, name), join(folder, name), { verbatimSymlinks: true })
  }
}

/**
 * Reports tests of the list that the files of this run do not have any more.
 * @returns {number} exit code
 */
function staleLimits() {
  const problems = listProblems('windows', notEmulated, JSON.parse(readFileSync(report, 'utf8')))
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  return problems.length > 0 ? 1 : 0
}
