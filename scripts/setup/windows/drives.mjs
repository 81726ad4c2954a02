import {
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { oldestGo } from '../../../testbed/go-toolchains.ts'
import { say } from '../process.mjs'
import { logged } from './commands.mjs'
import { oldestGoForWindows } from './oldest-go.mjs'
import { driveC, driveD, prefix, programs, user, windows } from './place.mjs'

/** Runs a program of the emulated Windows: see there. */
export const wine = fileURLToPath(new URL('./wine.sh', import.meta.url))

/**
 * What Git for Windows is installed with. `autocrlf` decides how every text file of a checkout looks; a job must never
 * wait for the credential manager.
 */
const gitSettings =
  '[core]\n\tsymlinks = false\n\tautocrlf = true\n\tfscache = true\n[credential]\n\thelper = manager\n'

const gitPrograms = 'Program Files/Git/mingw64/bin'

/**
 * Makes the drives C: and D: as they are on a Windows runner, with the programs that are there.
 * @param {NodeJS.ProcessEnv} environment
 * @throws {import('../process.mjs').SetupError} when Wine cannot make them
 */
export function ensureDrives(environment) {
  once('.made', () => makeDrives(environment))
  once('.programs', copyPrograms)
  if (existsSync(join(programs, '.compiled'))) once('.compiled', copyCompiledPrograms)
  if (existsSync(oldestGoForWindows)) once('.oldest-go', copyOldestGo)
}

/**
 * Hands a file or folder to the user of all programs.
 * @param {string} place absolute path
 */
export function handOver(place) {
  lchownSync(place, user, user)
  for (const name of readdirSync(place, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(place, name), user, user)
}

/**
 * @param {string} stamp
 * @param {() => void} work
 */
function once(stamp, work) {
  const file = join(prefix, stamp)
  if (existsSync(file)) return
  work()
  writeFileSync(file, '')
}

/** @param {NodeJS.ProcessEnv} environment */
function makeDrives(environment) {
  say('drives C: and D: ...')
  rmSync(prefix, { recursive: true, force: true })
  for (const folder of [prefix, join(windows, 'home'), join(windows, 'run'), driveD]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chownSync(folder, user, user)
  }
  const linux = { ...environment, WITHOUT_LAUNCHER: '1' }
  logged(wine, ['/usr/bin/wineboot', '-i'], linux)
  logged(wine, ['/usr/bin/wineserver', '-w'], linux)
  symlinkSync('../../d', join(prefix, 'dosdevices', 'd:'))
}

/** Copies, because what is on drive C: must not be a link. */
function copyPrograms() {
  const node = folderOnC('Program Files/nodejs')
  copyFileSync(join(programs, 'node.exe'), join(node, 'node.exe'))
  copyFileSync(join(programs, 'launch.exe'), join(driveC, 'windows', 'launch.exe'))
  const bin = folderOnC(gitPrograms)
  for (const name of ['sh', 'bash']) copyFileSync(join(programs, 'shell.exe'), join(bin, `${name}.exe`))
  const version = readFileSync(join(programs, 'go.version'), 'utf8')
  const go = folderOnC('hostedtoolcache/windows/go')
  cpSync(join(programs, 'go'), join(go, version, 'x64'), { recursive: true })
  writeFileSync(join(go, version, 'x64.complete'), '')
  symlinkSync(version, join(go, 'go'))
  for (const place of [node, bin, folderOnC('hostedtoolcache')]) handOver(place)
}

/** Into the runner's tool cache: `goRoot` of the test bed looks there. */
function copyOldestGo() {
  const place = folderOnC(`hostedtoolcache/windows/go/${oldestGo}`)
  cpSync(oldestGoForWindows, join(place, 'x64'), { recursive: true })
  writeFileSync(join(place, 'x64.complete'), '')
  handOver(place)
}

function copyCompiledPrograms() {
  const git = folderOnC('Program Files/Git')
  const bin = folderOnC(gitPrograms)
  for (const name of ['mingw64/libexec/git-core', 'mingw64/share/git-core/templates', 'etc'])
    folderOnC(`Program Files/Git/${name}`)
  for (const name of ['git.exe', 'zlib1.dll', 'libssp-0.dll'])
    copyFileSync(join(programs, name), join(bin, name))
  // git starts these as programs of their own.
  for (const name of ['git-upload-pack', 'git-receive-pack', 'git-upload-archive'])
    copyFileSync(join(programs, 'git.exe'), join(bin, `${name}.exe`))
  writeFileSync(join(git, 'etc', 'gitconfig'), gitSettings)
  const zstd = folderOnC('Program Files/zstd')
  copyFileSync(join(programs, 'zstd.exe'), join(zstd, 'zstd.exe'))
  copyFileSync(join(programs, 'tar.exe'), join(driveC, 'windows', 'system32', 'tar.exe'))
  for (const place of [git, zstd]) handOver(place)
}

/** @param {string} name relative to drive C:, with `/` */
function folderOnC(name) {
  const folder = join(driveC, name)
  mkdirSync(folder, { recursive: true })
  return folder
}
