import * as path from 'node:path'
import { type Checkout, outputPathFault } from '../checkout/index.ts'
import type { Problem } from '../errors.ts'
import { parseVendorModules } from '../gofiles/modules-txt.ts'
import type { Root } from '../gofiles/roots.ts'
import type { Inputs } from '../inputs/index.ts'
import { readText, replaceFile } from '../platform/files.ts'
import * as runner from '../platform/runner.ts'
import { firstLinesOf } from '../text/lists.ts'
import {
  InvalidDepsLock,
  type LockChange,
  type LockedRoot,
  lockChanges,
  lockRoot,
  type ParsedLock,
  parseLock,
  renderLock,
} from './deps-lock-file.ts'

/** Maximum number of differences with an annotation of their own: a runner shows ten per step. */
const maxAnnotations = 9

/** Maximum number of differing lines in the log. */
const maxLines = 200

type LockInputs = Pick<Inputs, 'deps-lock' | 'deps-lock-mode'>

/**
 * Compares the list that `deps-lock` names with the module files, or checks whether it can be written. It reads only
 * files of the checkout, so it needs nothing else.
 *
 * @param inputs the path of the list, and the mode
 * @param checkout the modules
 */
export function lockProblems(
  { 'deps-lock': name, 'deps-lock-mode': mode }: LockInputs,
  { workspace, roots }: Pick<Checkout, 'workspace' | 'roots'>,
): readonly Problem[] {
  const file = path.resolve(workspace, name)
  const shown = path.relative(workspace, file).replaceAll(path.sep, '/')
  const fault = outputPathFault(workspace, file)
  if (fault !== undefined)
    return [problem(`Input \`deps-lock\` is ${JSON.stringify(name)}, but ${fault}`, pathFix)]
  if (roots.length === 0) {
    const fix =
      'Put `actions/checkout` first, set `working-directory` to the directory of the module, or remove the input.'
    return [problem(`Input \`deps-lock\` is ${JSON.stringify(name)}, but this checkout has no go.mod`, fix)]
  }
  const text = readText(file)
  if (text === undefined) {
    if (mode === 'write') return []
    return [problem(`Input \`deps-lock\` is ${JSON.stringify(name)}, but that file does not exist`, writeFix)]
  }
  try {
    const list = parseLock(text)
    return mode === 'write' ? [] : differences(list, lockedRoots(roots), shown)
  } catch (error) {
    if (!(error instanceof InvalidDepsLock)) throw error
    const fix =
      mode === 'write'
        ? 'The action does not overwrite it: set `deps-lock` to another file, or remove this one.'
        : 'Restore the file from git, or remove it and write a new list with `deps-lock-mode: write`.'
    return [
      {
        ...problem(`${shown} is not a valid list for \`deps-lock\`: ${error.message}`, fix),
        file: shown,
        line: error.line,
      },
    ]
  }
}

/**
 * Writes the list as a whole, or keeps the file when it is up to date.
 *
 * @param workspace absolute path of the checkout
 */
export function writeLock(
  { 'deps-lock': name }: LockInputs,
  { workspace, roots }: Pick<Checkout, 'workspace' | 'roots'>,
): void {
  const file = path.resolve(workspace, name)
  const locked = lockedRoots(roots)
  const text = renderLock(locked)
  const before = readText(file)
  const count = locked.reduce((sum, { modules }) => sum + modules.length, 0)
  // Another system may have checked it out with other line ends.
  if (before?.replaceAll('\r\n', '\n') === text) {
    runner.info(`${name} already lists all ${count} modules (input \`deps-lock\`)`)
    return
  }
  replaceFile(file, text)
  runner.info(`${name} now lists ${count} modules (input \`deps-lock\`)`)
}

const pathFix = 'Name one file, relative to the root of the checkout, such as `deps.txt`.'

const writeFix = 'Write it with `deps-lock-mode: write`, and commit it.'

function problem(what: string, fix: string): Problem {
  return { what, allowed: '', fix }
}

function lockedRoots(roots: readonly Root[]): readonly LockedRoot[] {
  return roots.map((root) => {
    const file = path.join(root.directory, 'vendor', 'modules.txt')
    const text = root.vendored ? readText(file) : undefined
    return lockRoot(root, text === undefined ? undefined : parseVendorModules(text, file))
  })
}

function differences(list: ParsedLock, actual: readonly LockedRoot[], shown: string): readonly Problem[] {
  const changes = lockChanges(list, actual)
  if (changes.length === 0) return []
  const counts = (['added', 'removed', 'changed'] as const).flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length
    return count === 0 ? [] : `${count} ${kind}`
  })
  const lines = changes.flatMap((change) => change.shown)
  return [
    {
      ...problem(
        `${shown} differs from the module files: ${counts.join(', ')}`,
        'Check each difference. If all are intended, write a new list with `deps-lock-mode: write`, and commit it.',
      ),
      file: shown,
      shownAs: `How ${shown} differs: - is in the list, + is in the module files`,
      shown: firstLinesOf(lines, maxLines),
    },
    ...changes.slice(0, maxAnnotations).map((change) => annotation(change, shown)),
  ]
}

function annotation({ kind, text, line }: LockChange, shown: string): Problem {
  const fix = kind === 'added' ? 'The list does not contain it.' : 'That line of the list is outdated.'
  return { ...problem(`${kind}: ${text}`, fix), file: shown, line }
}
