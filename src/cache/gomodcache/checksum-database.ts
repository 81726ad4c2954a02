import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type GoEnv, inBatches, runGo } from '../../gocmd/index.ts'
import type { RecordedSums } from '../../gofiles/go-sum.ts'
import { escapePath, escapeVersion, splitModuleVersion } from '../../gofiles/module-path.ts'
import { entriesOf, lstat, makeDirectory, readTextUpTo, writeFile } from '../../platform/files.ts'
import { debug } from '../../platform/runner.ts'
import { mergeDirectory } from './install.ts'
import { sumdbPath } from './select.ts'

/** Maximum length of an answer to read, in bytes; real ones are under a kilobyte. */
const longest = 64 * 1024

/** Maximum number of modules to look up in the checksum database; further ones are downloaded. */
export const maxLookups = 2000

/**
 * Maximum depth of a database's folder: Go keeps answers below its name, a host and perhaps a path (sumdb.go, dbDial).
 */
const deepestName = 3

/** Empty set of recorded hashes. */
export const noRecordedSums: RecordedSums = { trees: new Map(), goMods: new Map() }

/**
 * Reads the answers of the checksum database that the go command has stored. Go stores an answer only if it is signed
 * and in the database's tree (golang.org/x/mod/sumdb/client.go, Lookup).
 *
 * @param gomodcache absolute path of a module cache
 * @param names `path@version` of the modules to look up
 */
export function readLookups(gomodcache: string, names: readonly string[]): RecordedSums {
  const databases = databasesIn(path.join(gomodcache, sumdbPath), 0)
  const [trees, goMods] = [new Map<string, ReadonlySet<string>>(), new Map<string, ReadonlySet<string>>()]
  for (const name of databases.length === 0 ? [] : names) {
    const { path: modulePath, version } = splitModuleVersion(name)
    const file = `${escapePath(modulePath)}@${escapeVersion(version)}`
    for (const database of databases) {
      const text = readTextUpTo(path.join(database, file), longest) ?? ''
      for (const line of text.split('\n')) {
        const [ofModule, ofVersion, h1 = '', ...more] = line.split(' ')
        if (ofModule !== modulePath || !h1.startsWith('h1:') || more.length > 0) continue
        if (ofVersion === version) add(trees, name, h1)
        else if (ofVersion === `${version}/go.mod`) add(goMods, name, h1)
      }
    }
  }
  return { trees, goMods }
}

function add(sums: Map<string, ReadonlySet<string>>, name: string, h1: string): void {
  sums.set(name, new Set([...(sums.get(name) ?? []), h1]))
}

/** Lists the folders with answers, one for each database. */
function databasesIn(directory: string, depth: number): readonly string[] {
  const names = entriesOf(directory).filter((entry) => entry.isDirectory())
  const here = names.some(({ name }) => name === 'lookup') ? [path.join(directory, 'lookup')] : []
  if (depth === deepestName) return here
  return [...here, ...names.flatMap(({ name }) => databasesIn(path.join(directory, name), depth + 1))]
}

/** Locations that a query of the checksum database needs. */
interface DatabaseRequest {
  /** Absolute path of the module cache. It receives the answers, so that later steps need no query. */
  readonly gomodcache: string
  /** GOPROXY, unchanged. */
  readonly goproxy: string
  /** Absolute path of a folder for temporary files. */
  readonly folder: string
  readonly env: GoEnv
}

/**
 * Lets the go command look up modules in the checksum database. Go itself decides whether to query one, and which one,
 * from the environment, the user's file and `$GOROOT/go.env`. A module that Go does not or cannot look up has no
 * answer.
 *
 * @param names `path@version`
 * @param stage absolute path of a folder that may hold their `.info` and `.mod` files, laid out like a module cache
 */
export async function queryChecksumDatabase(
  names: readonly string[],
  stage: string,
  { gomodcache, goproxy, folder, env }: DatabaseRequest,
): Promise<RecordedSums> {
  const own = path.join(folder, 'checksums')
  const modules = path.join(own, 'modules')
  makeDirectory(own)
  writeFile(path.join(own, 'go.mod'), 'module checksums.invalid\n\ngo 1.17\n')
  const set = {
    ...{ GO111MODULE: 'on', GOWORK: 'off', GOFLAGS: '-mod=mod -modcacherw', GOTOOLCHAIN: 'local' },
    GOMODCACHE: modules,
    // The files of the entry are sufficient for the query: Go compares each with the answer.
    GOPROXY: `${pathToFileURL(path.join(stage, 'cache', 'download')).href},${goproxy}`,
    GONOPROXY: 'none',
    GOMAXPROCS: '16',
  }
  for (const batch of inBatches(names)) {
    // Printing the Go version reads the go.mod. That queries the database, whose answer also covers the tree.
    const args = ['list', '-m', '-e', '-f', '{{.GoVersion}}', '--', ...batch]
    const { stderr } = await runGo(args, { cwd: own, env, set })
    if (stderr !== '') debug(stderr)
  }
  const answers = readLookups(modules, names)
  if (lstat(path.join(modules, sumdbPath)) !== undefined) {
    mergeDirectory(path.join(modules, sumdbPath), path.join(gomodcache, sumdbPath))
  }
  return answers
}
