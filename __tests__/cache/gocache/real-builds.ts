import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'
import { objectDirectories } from '../../../src/cache/gocache/listing.ts'
import { moveIfAbsent } from '../../../src/platform/files.ts'
import { runProcess } from '../../../testbed/process.ts'
import { type GoChoice, installedGo } from '../../golden/go.ts'
import { writeFiles } from '../../temporary.ts'

/** A Go that builds, with build caches that already hold the standard library packages of a test. */
export interface BuildingGo {
  /** Without the prefix `go`, such as 1.21.13. */
  readonly version: string
  /** Whether this Go is of a release, such as 25 for 1.25, or a later one. */
  readonly isSince: (release: number) => boolean
  /** Creates a build cache at a path that does not exist yet, with its objects unused for two hours. */
  readonly makeCache: (gocache: string) => void
  /**
   * Runs the go command without the caller's settings, and without network.
   *
   * @param args its arguments
   * @param place absolute paths of the directory where it runs, and of its build cache
   * @returns its stdout
   * @throws Error when it fails
   */
  readonly run: (
    args: readonly string[],
    place: { readonly cwd: string; readonly gocache: string },
  ) => Promise<string>
}

/** The standard library compiled once by each Go: compiling takes longer than all the tests together. */
const compiled = path.resolve(import.meta.dirname, '../../../.tools/standard-library')

/**
 * Timeout in milliseconds for preparing a Go, or for a test with it, when the standard library is not compiled yet and
 * the machine is busy.
 */
export const patience = 300_000

/** Prepares the oldest Go that is supported, or the one on PATH. */
export async function buildingGo(choice: GoChoice): Promise<BuildingGo> {
  const { program, version, platform } = await installedGo(choice)
  const run: BuildingGo['run'] = async (args, { cwd, gocache }) => {
    const env = { ...process.env, ...settings, GOCACHE: gocache }
    const { exitCode, stdout, stderr } = await runProcess({
      command: program,
      args,
      cwd,
      env: env as Record<string, string>,
    })
    if (exitCode !== 0) throw new Error(`go ${args.join(' ')} failed: ${stdout}${stderr}`)
    return stdout
  }
  const seed = path.join(compiled, `${version}-${platform.replace('/', '-')}`)
  if (!existsSync(seed)) {
    mkdirSync(compiled, { recursive: true })
    const stage = mkdtempSync(`${seed}-`)
    // A test needs the testing package, the vet facts of all its imports, and what measures coverage. This flag names a
    // package that none of them imports: otherwise they would be compiled again for it alone.
    await run(['test', '-cover', '-run=^$', 'container/ring'], { cwd: stage, gocache: stage })
    moveIfAbsent(stage, seed)
    rmSync(stage, { recursive: true, maxRetries: 5, force: true })
  }
  return {
    version,
    isSince: (release) => Number.parseInt(version.split('.')[1] ?? '', 10) >= release,
    makeCache: (gocache) => {
      cpSync(seed, gocache, { recursive: true })
      setBack(gocache)
    },
    run,
  }
}

const settings = {
  GOENV: 'off',
  GOFLAGS: '',
  GOWORK: 'off',
  GOPROXY: 'off',
  GOTOOLCHAIN: 'local',
  GOCACHEPROG: '',
  GODEBUG: '',
  CGO_ENABLED: '0',
}

/** Sets the times in a build cache as restoring does: two hours ago, and just trimmed. */
export function setBack(gocache: string): void {
  const time = Date.now() / 1000 - 2 * 60 * 60
  for (const file of objectsIn(gocache)) utimesSync(file, time, time)
  writeFileSync(path.join(gocache, 'trim.txt'), String(Math.floor(Date.now() / 1000)))
}

/** Absolute paths of the actions and data in a build cache. */
export function objectsIn(gocache: string): readonly string[] {
  return objectDirectories(gocache).flatMap((directory) =>
    readdirSync(path.join(gocache, directory))
      .filter((name) => /-[ad]$/.test(name))
      .map((name) => path.join(gocache, directory, name)),
  )
}

/** Time of the last use mark, in milliseconds since 1970. */
export function usedAt(file: string): number {
  return lstatSync(file).mtimeMs
}

/** The packages of the module, each with a test. */
export const packages = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'] as const

/** The variable code of the module. */
export interface Code {
  /** Code that every package uses. */
  readonly base?: string
  /** Code added to one package. */
  readonly first?: string
  /** Code added to every package. */
  readonly all?: string
}

/** Writes a module with seven tested packages; two of the tests read files, and one reads a variable. */
export function writeModule(folder: string): void {
  writeFiles(folder, {
    'go.mod': 'module example.com/seven\n\ngo 1.21\n',
    'main.go': 'package main\n\nfunc main() { println("ran") }\n',
    'p1/testdata/in.txt': 'one\n',
    'p2/testdata/a/in.txt': 'two\n',
  })
  const body: Readonly<Record<string, string>> = {
    p1: 'os.ReadFile("testdata/in.txt")',
    p2: 'os.ReadDir("testdata/a")',
    p3: 'os.Getenv("NO_SUCH_VARIABLE"), error(nil)',
  }
  for (const name of packages) {
    const statement = body[name] ?? 'os.Args, error(nil)'
    const check = `if _, err := ${statement}; err != nil || Name() == "" { t.Fatal(err) }`
    const text = `package x\n\nimport (\n"os"\n"testing"\n)\n\nfunc TestX(t *testing.T) { ${check} }\n`
    writeFiles(folder, { [`${name}/x_test.go`]: text })
  }
  writeCode(folder, {})
  // Go considers a file that a test read within its last two seconds as still changing (cmd/go/internal/test/test.go,
  // modTimeCutoff).
  for (const file of ['p1/testdata/in.txt', 'p2/testdata/a/in.txt', 'p2/testdata/a'])
    utimesSync(path.join(folder, file), 1e9, 1e9)
}

/** Writes the code of the module, but none of the files that its tests read. */
export function writeCode(folder: string, { base = '"base"', first = '', all = '' }: Code): void {
  writeFiles(folder, { 'base/base.go': `package base\n\nfunc Name() string { return ${base} }\n` })
  for (const name of packages) {
    const own = `${name === 'p1' ? first : ''}\n${all}`
    const text = `package x\n\nimport "example.com/seven/base"\n\nfunc Name() string { return base.Name() + "${name}" }\n`
    writeFiles(folder, { [`${name}/x.go`]: `${text}${own}\n` })
  }
}
