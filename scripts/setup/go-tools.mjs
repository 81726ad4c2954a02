import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exe, hasMadeUpHome, root, tools } from './place.mjs'
import { ask, run, SetupError, say } from './process.mjs'

/**
 * @typedef {'act' | 'actionlint' | 'athens' | 'goproxy' | 'checksum-database' | 'act-cache-server'
 *   | 'gitea-cache-server' | 'versitygw' | 'foldfs'} GoToolName
 *
 * @typedef {object} GoTool a program and where it is built from
 * @property {string} program a package; of a published module with its version, or of the module in `folder`
 * @property {string} [folder] relative to the root: a module whose go.mod and go.sum pin everything that is built
 * @property {readonly string[]} [flags] of the go command
 * @property {string} takes how long it is built with empty caches
 */

/** Where the tools below are. */
export const goToolsFolder = join(tools, 'bin')

/** @type {Readonly<Record<GoToolName, GoTool>>} */
const goTools = {
  act: { program: 'github.com/nektos/act@v0.2.87', flags: ['-tags', 'WITHOUT_DOCKER'], takes: 'a minute' },
  actionlint: { program: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12', takes: 'a minute' },
  athens: {
    folder: 'testbed/go-tools/athens',
    program: 'github.com/gomods/athens/cmd/proxy',
    takes: 'some minutes',
  },
  goproxy: {
    folder: 'testbed/go-tools/goproxy',
    program: 'github.com/goproxy/goproxy/cmd/goproxy',
    takes: 'a minute',
  },
  'checksum-database': { folder: 'testbed/checksum-database', program: '.', takes: 'some seconds' },
  'act-cache-server': { folder: 'testbed/cache-servers/act', program: '.', takes: 'some seconds' },
  'gitea-cache-server': { folder: 'testbed/cache-servers/gitea', program: '.', takes: 'some seconds' },
  versitygw: { program: 'github.com/versity/versitygw/cmd/versitygw@v1.7.0', takes: 'a minute' },
  foldfs: { folder: 'testbed/macos/foldfs', program: '.', takes: 'some seconds' },
}

/** What all tests together need: every tool but the one that emulates macOS, which is built on Linux only. */
export const allGoTools = /** @type {GoToolName[]} */ (Object.keys(goTools)).filter(
  (name) => name !== 'foldfs',
)

/**
 * Builds tools that Go builds (act runs workflows on this machine; athens, goproxy and checksum-database serve modules
 * to the tests, the cache servers of act and Gitea entries, versitygw is an S3 server, foldfs a file system as that of
 * macOS) at pinned versions, each once: a file beside the binary says what it was made from. Go's own caches stay where
 * Go has them, so that another clone is fast.
 * @param {readonly GoToolName[]} names which of them
 * @param {NodeJS.ProcessEnv} environment
 * @throws {SetupError} when Go is missing or a build fails
 */
export function ensureGoTools(names, environment) {
  const missing = names.filter((name) => !isBuilt(name))
  if (missing.length === 0) return
  if (ask('go', ['version'], environment) === undefined) {
    throw new SetupError('Go is needed and was not found on PATH: install it from https://go.dev/doc/install')
  }
  mkdirSync(goToolsFolder, { recursive: true })
  const goEnvironment = {
    ...environment,
    GOBIN: goToolsFolder,
    CGO_ENABLED: '0',
    // A made-up home puts the module cache inside the clone, where read-only folders would resist deletion.
    GOFLAGS: hasMadeUpHome(environment) ? '-modcacherw' : '',
    GOWORK: 'off',
  }
  for (const name of missing) {
    const { program, takes } = goTools[name]
    say(`${name} (built by Go, ${takes} the first time) ...`)
    const code = run('go', argumentsFor(name), goEnvironment)
    if (code !== 0) throw new SetupError(`building ${name} from ${program} failed (exit code ${code})`)
    writeFileSync(stampOf(name), describe(name))
  }
}

/**
 * What is built once and used for some minutes is compiled without optimisation, which takes three quarters of the
 * time, and linked without symbols, which nobody reads. With the same flags for all, the standard library is compiled
 * once.
 */
const quickly = ['-gcflags=all=-N -l', '-ldflags=-s -w']

/** @param {GoToolName} name */
function argumentsFor(name) {
  const { program, folder, flags = [] } = goTools[name]
  if (folder === undefined) return ['install', ...quickly, ...flags, program]
  return ['build', '-C', join(root, folder), ...quickly, ...flags, '-o', programOf(name), program]
}

/** @param {GoToolName} name */
function isBuilt(name) {
  const stamp = stampOf(name)
  return existsSync(programOf(name)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === describe(name)
}

/** @param {GoToolName} name */
function programOf(name) {
  return join(goToolsFolder, name + exe)
}

/** @param {GoToolName} name */
function stampOf(name) {
  return join(goToolsFolder, `${name}.installed-from`)
}

/** @param {GoToolName} name */
function describe(name) {
  const { program, folder, flags = [] } = goTools[name]
  const from = [...quickly, ...flags, program].join(' ')
  if (folder === undefined) return from
  const hash = createHash('sha256')
  for (const file of readdirSync(join(root, folder)).sort())
    hash.update(readFileSync(join(root, folder, file)))
  return `${from} ${hash.digest('hex')}`
}
