import * as path from 'node:path'
import type { Problem } from '../inputs/problem.ts'
import { parseGoWork } from '../modules/go-work.ts'
import type { LeftOut } from '../modules/left-out.ts'
import type { Module, Root } from '../modules/roots.ts'
import { modfileOf } from '../modules/settings/goflags.ts'
import { isFile } from '../system/files.ts'
import { modfileProblems } from './flag-files.ts'
import { caught, isVendored, noSums, readModule, readSums, shown, textOf } from './module-files.ts'

/** What was read, and every file that could not be. */
export interface ReadRoots {
  readonly roots: readonly Root[]
  /** What was only found and cannot be used. */
  readonly leftOut: readonly LeftOut[]
  readonly problems: readonly Problem[]
}

/** A place where the go command is to run. */
export interface Place {
  /** Absolute path. */
  readonly directory: string
  /** Absolute path of the go.work file that the go command uses there, if it uses one. */
  readonly goWork: string | undefined
  /** Whether the user named it; otherwise it was found. */
  readonly named: boolean
  /** How `modules` would name it; by default its path in the checkout. */
  readonly pattern?: string
}

/** What every reader here has to know. */
interface Reading {
  /** Absolute path of the checkout. */
  readonly workspace: string
  readonly goflags: string
  readonly leftOut: LeftOut[]
  readonly problems: Problem[]
}

/**
 * Reads the module files of places; those that share a go.work file are one root.
 *
 * @param places where the go command is to run
 * @param workspace absolute path of the checkout
 * @param goflags GOFLAGS; empty when it is not set
 */
export function readRoots(places: readonly Place[], workspace: string, goflags: string): ReadRoots {
  const reading: Reading = { workspace, goflags, leftOut: [], problems: [] }
  const byRoot = new Map<string, Place[]>()
  for (const place of places) {
    const key = place.goWork ?? place.directory
    byRoot.set(key, [...(byRoot.get(key) ?? []), place])
  }
  const roots = [...byRoot.values()].flatMap((together) => readTogether(together, reading) ?? [])
  return { roots, leftOut: reading.leftOut, problems: reading.problems }
}

function readTogether(places: readonly Place[], reading: Reading): Root | undefined {
  const [first] = places
  if (first === undefined) return undefined
  const { goWork, directory } = first
  const { workspace } = reading
  const isNamed = places.some(({ named }) => named)
  // What nobody named has no faults that the user must mend: it is left out.
  const problems: Problem[] = isNamed ? reading.problems : []
  const here = { ...reading, problems }
  const root = caught(problems, workspace, () =>
    goWork === undefined ? readSingle(directory, here) : readWorkspace(goWork, places, here),
  )
  if (isNamed) return root
  const patterns = patternsOf(places, goWork, workspace)
  if (problems.length === 0) return root && { ...root, found: patterns }
  const label = shown(workspace, goWork === undefined ? directory : path.dirname(goWork)) || '.'
  reading.leftOut.push({ label, why: problems.map(({ what }) => what).join('; '), patterns })
  return undefined
}

/** A workspace is what all its places are, where they do not lie in one directory of its own. */
function patternsOf(
  places: readonly Place[],
  goWork: string | undefined,
  workspace: string,
): readonly string[] {
  const names = places.map(({ directory, pattern }) => pattern ?? shown(workspace, directory))
  const [first] = places
  if (first === undefined || goWork === undefined || places.length === 1) return names
  const up = path.relative(path.dirname(goWork), first.directory).split(path.sep).length
  const above = (names[0] ?? '').split('/').slice(0, -up).join('/')
  return above === '' ? names : [above]
}

function readSingle(directory: string, { workspace, goflags, problems }: Reading): Root | undefined {
  const label = shown(workspace, directory) || '.'
  const modfile = modfileProblems(directory, label, goflags)
  problems.push(...modfile)
  if (modfile.length > 0) return undefined
  const module = readModule(directory, goflags)
  return {
    directory,
    label,
    modules: [module],
    goWorkSum: noSums,
    vendored: isVendored(directory, module.goMod.go, false, goflags),
    files: [...new Set([path.join(directory, 'go.mod'), module.goModFile, module.goSumFile])],
  }
}

function readWorkspace(file: string, places: readonly Place[], reading: Reading): Root | undefined {
  const { workspace, goflags, problems } = reading
  const directory = path.dirname(file)
  // cmd/go/internal/modload: the workspace's sums stand beside its file, whatever its name.
  const sums = `${file}.sum`
  const goWork = parseGoWork(textOf(file) ?? '', file)
  const used = goWork.use.map((use) => path.resolve(directory, use))
  const strangers = places.filter(
    (place) => isFile(path.join(place.directory, 'go.mod')) && !used.includes(place.directory),
  )
  problems.push(
    ...strangers.filter(({ named }) => named).map((place) => notUsed(place.directory, file, workspace)),
  )
  reading.leftOut.push(
    ...strangers
      .filter(({ named }) => !named)
      .map((place) => ({
        label: shown(workspace, place.directory),
        why: 'the go.work above does not use it',
        patterns: patternsOf([place], undefined, workspace),
        isMeant: true as const,
      })),
  )
  // Found below, and all of them strangers: this workspace is not what was looked for.
  if (strangers.length === places.length) return undefined
  if (modfileOf(goflags) !== undefined) problems.push(noModfileHere(file, workspace))
  const modules: Module[] = []
  for (const [index, use] of goWork.use.entries()) {
    const place = used[index] ?? ''
    if (used.indexOf(place) < index) {
      problems.push({
        what: `${shown(workspace, file)} uses \`${use}\` twice, which the go command refuses`,
        allowed: '',
        mend: 'Take one of the two lines out.',
        file: shown(workspace, file),
      })
      continue
    }
    if (!isFile(path.join(place, 'go.mod'))) {
      problems.push({
        what: `${shown(workspace, file)} uses \`${use}\`, where there is no go.mod`,
        allowed: '',
        mend: 'Take the directory out of go.work or check it out.',
        file: shown(workspace, file),
      })
      continue
    }
    const module = caught(problems, workspace, () => readModule(place, ''))
    if (module !== undefined) modules.push(module)
  }
  return {
    directory,
    label: shown(workspace, directory) || '.',
    modules,
    goWork,
    goWorkSum: readSums(sums),
    vendored: isVendored(directory, goWork.go, true, goflags),
    files: [file, sums, ...modules.flatMap((module) => [module.goModFile, module.goSumFile])],
  }
}

function notUsed(directory: string, goWork: string, workspace: string): Problem {
  const name = shown(workspace, directory) || '.'
  return {
    what: `The module in \`${name}\` is not one of the main modules: ${shown(workspace, goWork)} does not use it, so every go command there fails`,
    allowed: '',
    mend: `Run \`go work use ${name}\`, set GOWORK=off for this job, or leave the module out.`,
    file: shown(workspace, goWork),
  }
}

function noModfileHere(goWork: string, workspace: string): Problem {
  return {
    what: `GOFLAGS holds -modfile, and the go command refuses it in a workspace (${shown(workspace, goWork)})`,
    allowed: '',
    mend: 'Take -modfile out of GOFLAGS, or set GOWORK=off for this job.',
    file: shown(workspace, goWork),
  }
}
