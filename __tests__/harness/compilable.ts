import { runProcess } from '../../testbed/process.ts'
import type { Bed } from './bed.ts'
import type { Places } from './runner-job.ts'

/** Something that `go build ./...` or `go test ./...` may compile. */
export interface Compilable {
  /** As the compiler is told it. */
  readonly name: string
  /** Its import path, and those of all that it imports, however indirectly. */
  readonly paths: readonly string[]
  /** The import path of the package whose tests it is of; empty for others. */
  readonly testOf: string
}

/**
 * Lists what the commands of a job may compile, with the job's caches and without the network.
 *
 * @throws {Error} when the go command fails
 */
export async function compilableIn(bed: Bed, places: Places): Promise<readonly Compilable[]> {
  const { workspace, home, gomodcache, gocache } = places
  const { exitCode, stdout, stderr } = await runProcess({
    command: 'go',
    args: [
      ...['list', '-deps', '-test', '-f'],
      ...['{{.ImportPath}}|{{.Name}}|{{.ForTest}}|{{join .Deps ","}}', './...'],
    ],
    cwd: workspace,
    env: {
      ...{ PATH: process.env.PATH ?? '', HOME: home, USERPROFILE: home },
      ...bed.goEnvironment,
      ...{ GOPROXY: 'off', GOMODCACHE: gomodcache, GOCACHE: gocache },
    },
  })
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [importPath = '', name = '', forTest = '', deps = ''] = line.trim().split('|')
      const testMain = /^(.*)\.test$/.exec(importPath)?.[1] ?? ''
      return {
        name: name === 'main' ? 'main' : plain(importPath),
        paths: [importPath, ...deps.split(',')].map(plain),
        testOf: forTest || testMain,
      }
    })
}

/**
 * What other code in some packages may change: these, and all that import them.
 *
 * @param edited import paths; one that ends in `/` stands for all packages of a module
 */
export function forcedBy(edited: readonly string[], all: readonly Compilable[]): readonly Compilable[] {
  const isEdited = (importPath: string) =>
    edited.some((one) => (one.endsWith('/') ? `${importPath}/`.startsWith(one) : importPath === one))
  return all.filter(({ paths }) => paths.some(isEdited))
}

/** Without the package that it is compiled for, as in `a [b.test]`. */
function plain(importPath: string): string {
  return importPath.split(' ')[0] ?? ''
}
