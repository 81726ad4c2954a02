import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import { type LeftOut, leftOut } from '../modules/left-out.ts'
import { type Root, sumsOf } from '../modules/roots.ts'
import { goFlagValue } from '../modules/settings/goflags.ts'
import { isUnverifiable } from './dependencies.ts'

type RootInputs = Pick<Inputs, 'dependencies' | 'offline' | 'bundle-output' | 'check-tidy'>

/** Roots without those that cannot be used, and what is wrong with those that must be. */
export interface UsableRoots {
  readonly roots: readonly Root[]
  readonly leftOut: readonly LeftOut[]
  readonly problems: readonly Problem[]
}

/**
 * Leaves out what was only found and has something wrong with it. What an input names stays, and its problems are the
 * user's.
 *
 * @param problemsOf what keeps Go from building a root
 */
export function usableRoots(
  roots: readonly Root[],
  problemsOf: (root: Root) => readonly Problem[],
): UsableRoots {
  const judged = roots.map((root) => ({ root, problems: problemsOf(root) }))
  const isLeftOut = ({ root, problems }: (typeof judged)[number]) =>
    root.found !== undefined && problems.length > 0
  return {
    roots: judged.filter((one) => !isLeftOut(one)).map(({ root }) => root),
    leftOut: judged
      .filter(isLeftOut)
      .map(({ root, problems }) => leftOut(root, problems.map(({ what }) => what).join('; '))),
    problems: judged.filter((one) => !isLeftOut(one)).flatMap(({ problems }) => problems),
  }
}

/**
 * What in a root's own files keeps Go from what the inputs ask for there.
 *
 * @param goflags GOFLAGS as it will be
 * @param roots all that there are
 */
export function rootProblems(
  inputs: RootInputs,
  root: Root,
  goflags: string,
  roots: readonly Root[],
): readonly Problem[] {
  return noSums(inputs, root, goflags, roots)
}

/**
 * Where go.sum is absent, nothing can be compared. That is no mistake by itself, for a later step may write it; it is one
 * where an input asks for something that needs it, and of a found module where others have theirs.
 */
function noSums(inputs: RootInputs, root: Root, goflags: string, roots: readonly Root[]): readonly Problem[] {
  if (!isUnverifiable(inputs, root)) return []
  const where = root.label === '.' ? '' : ` in ${root.label}`
  const addsSums = goFlagValue(goflags, 'mod') === 'mod' && inputs.dependencies !== 'vendor'
  const asked = [
    ...(['download', 'vendor'].includes(inputs.dependencies) && !addsSums
      ? [`\`dependencies: ${inputs.dependencies}\``]
      : []),
    ...(inputs.offline !== 'false' && !addsSums ? [`\`offline: ${inputs.offline}\``] : []),
    ...(inputs['bundle-output'] === '' ? [] : ['`bundle-output`']),
  ]
  const what = `There is no go.sum${where}, or it is empty, though go.mod requires modules`
  const mend = `Run \`go mod tidy\`${where} and commit go.sum.`
  if (asked.length > 0) {
    return [
      { what: `${what}, and ${asked.join(' and ')} needs one to compare modules with`, allowed: '', mend },
    ]
  }
  const isExample = root.found !== undefined && !inputs['check-tidy'] && roots.some(hasSums)
  return isExample ? [{ what, allowed: '', mend }] : []
}

function hasSums(root: Root): boolean {
  return sumsOf(root).some(({ trees, goMods }) => trees.length + goMods.length > 0)
}
