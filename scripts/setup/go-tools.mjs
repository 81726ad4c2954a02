import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exe, hasMadeUpHome, tools } from './place.mjs'
import { ask, run, SetupError, say } from './process.mjs'

/** Where `go install` puts the tools below. */
export const goToolsFolder = join(tools, 'bin')

const wanted = [
  { name: 'act', source: 'github.com/nektos/act@v0.2.87', flags: ['-tags', 'WITHOUT_DOCKER'] },
  { name: 'actionlint', source: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12', flags: [] },
]

/**
 * Installs act (runs workflows on this machine) and actionlint at pinned versions, each once: a file beside the
 * binary says what it was made from. Go's own caches stay where Go has them, so that another clone is fast.
 * @param {NodeJS.ProcessEnv} environment
 * @throws {SetupError} when Go is missing or a build fails
 */
export function ensureGoTools(environment) {
  const missing = wanted.filter((tool) => !isInstalled(tool))
  if (missing.length === 0) return
  if (ask('go', ['version'], environment) === undefined) {
    throw new SetupError('Go is needed and was not found on PATH: install it from https://go.dev/doc/install')
  }
  mkdirSync(goToolsFolder, { recursive: true })
  // A made-up home puts the module cache inside the clone, where read-only folders would resist deletion.
  const flags = hasMadeUpHome(environment) ? ['-modcacherw'] : []
  const goEnvironment = { ...environment, GOBIN: goToolsFolder, CGO_ENABLED: '0', GOFLAGS: '' }
  for (const tool of missing) {
    say(`${tool.source} (built by Go, about a minute the first time) ...`)
    const code = run('go', ['install', ...flags, ...tool.flags, tool.source], goEnvironment)
    if (code !== 0) throw new SetupError(`go install ${tool.source} failed (exit code ${code})`)
    writeFileSync(stampOf(tool), describe(tool))
  }
}

/** @param {(typeof wanted)[number]} tool */
function isInstalled(tool) {
  const stamp = stampOf(tool)
  return (
    existsSync(join(goToolsFolder, tool.name + exe)) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === describe(tool)
  )
}

/** @param {(typeof wanted)[number]} tool */
function stampOf(tool) {
  return join(goToolsFolder, `${tool.name}.installed-from`)
}

/** @param {(typeof wanted)[number]} tool */
function describe(tool) {
  return [...tool.flags, tool.source].join(' ')
}
