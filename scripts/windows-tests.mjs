// Runs the tests of Windows: on Windows as they are, on Linux in an emulated one. Takes arguments of Vitest; `--slice` runs
// only what needs no git. The report is at .tools/report-windows.json.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
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
import { entriesOf, staleEntries } from '../__tests__/harness/not-emulated.ts'
import { notEmulated } from '../__tests__/windows/not-emulated.ts'
import { root, tools } from './setup/place.mjs'
import { ask, npm, quiet, SetupError, say } from './setup/process.mjs'
import {
  cloneOnD,
  ensureWindows,
  handOver,
  missingForWindows,
  runWatched,
  serversForWindows,
  user,
} from './setup/windows/windows.mjs'

const [isSlice, userArguments] = [
  process.argv.includes('--slice'),
  process.argv.slice(2).filter((one) => one !== '--slice'),
]
const reportName = 'report-windows.json'
const unfinishedName = 'unfinished-files.json'
const vitest = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--config',
  'vitest.windows.config.ts',
  '--reporter=default',
  '--reporter=./__tests__/harness/slowest-files.ts',
  '--reporter=./__tests__/windows/unfinished-files.ts',
  '--reporter=json',
  `--outputFile.json=.tools/${reportName}`,
  ...userArguments,
]
const slice = isSlice ? { WINDOWS_SLICE: '1' } : {}

try {
  process.exitCode = process.platform === 'win32' ? runHere() : await runEmulated()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

function runHere() {
  return (
    spawnSync(process.execPath, vitest, { cwd: root, stdio: 'inherit', env: { ...process.env, ...slice } })
      .status ?? 1
  )
}

async function runEmulated() {
  const missing = missingForWindows(process.env)
  if (missing !== undefined) throw new SetupError(`Windows cannot be emulated on this machine: ${missing}`)
  await ensureWindows({ compiled: !isSlice }, process.env)
  const folder = makeFolder(cloneOnD())
  copySources(folder)
  installPackages(folder)
  mkdirSync(join(folder, '.tools'), { recursive: true })
  for (const parent of [dirname(dirname(folder)), dirname(folder)]) chownSync(parent, user, user)
  if (!isSlice) cpSync(serversForWindows, join(folder, '.tools', 'bin'), { recursive: true })
  rmSync(join(folder, '.tools', reportName), { force: true })
  writeFileSync(join(folder, '.tools', unfinishedName), '[]')
  handOver(folder)
  const { GO_DEPS_FULL } = process.env
  const full = GO_DEPS_FULL === undefined ? {} : { GO_DEPS_FULL }
  const variables = { ...slice, ...full, GO_DEPS_WINE: '1' }
  const environment = { ...process.env, ...variables, KEEP: Object.keys(variables).join(' ') }
  const silence = 10 * 60_000
  const status = await runWatched(['node', ...vitest], { cwd: folder, environment, silence }).catch(
    (error) => {
      if (!(error instanceof SetupError)) throw error
      const files = JSON.parse(readFileSync(join(folder, '.tools', unfinishedName), 'utf8')).join(', ')
      throw new SetupError(`the run was ended: ${error.message}. Started and not ended were: ${files}`)
    },
  )
  const report = join(folder, '.tools', reportName)
  if (existsSync(report)) cpSync(report, join(tools, reportName))
  return status || (userArguments.length > 0 ? 0 : staleLimits(join(tools, reportName)))
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
 * Installs the npm packages of Windows, unless they came from the same lock file.
 * @param {string} folder
 */
function installPackages(folder) {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(folder, 'node_modules', '.installed-from')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('npm packages for Windows ...')
  npm(['ci', '--os=win32', '--cpu=x64', '--ignore-scripts', ...quiet, '--prefix', folder], process.env)
  writeFileSync(stamp, wanted)
}

/**
 * Reports tests of the list that the files of this run do not have any more.
 * @param {string} report
 * @returns {number} exit code
 */
function staleLimits(report) {
  const stale = staleEntries(notEmulated, entriesOf(JSON.parse(readFileSync(report, 'utf8'))))
  for (const name of stale)
    process.stderr.write(`__tests__/windows/not-emulated.ts lists a test that does not exist: ${name}\n`)
  return stale.length > 0 ? 1 : 0
}
