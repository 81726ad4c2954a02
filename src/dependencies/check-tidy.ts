import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import { GoCommandError, type GoEnv, runGo } from '../gocmd/index.ts'
import type { Module, Root } from '../gofiles/roots.ts'
import { makePrivateDirectory, readText, removeIfPossible, writeFile } from '../platform/files.ts'
import { lineChanges } from '../text/line-changes.ts'
import { firstLinesOf } from '../text/lists.ts'

/** Maximum number of differing lines to show. */
const maxLines = 40

/**
 * Finds what `go mod tidy` would change in a root's modules. It works on copies of go.mod and go.sum, through
 * `-modfile`. So it works the same on every version of Go, and the checkout stays unchanged even when the run is
 * killed.
 *
 * @param root a module, or a workspace: each of its modules is checked on its own, as `go mod tidy` does
 * @param options `retries`: maximum number of retries of a transient failure; `folder`: absolute path of this job's own
 *   folder
 * @throws GoCommandError when the go command fails
 */
export async function findUntidy(
  root: Root,
  options: { readonly env: GoEnv; readonly retries: number; readonly folder: string },
): Promise<readonly Problem[]> {
  const findings: Problem[] = []
  for (const module of root.modules) findings.push(...(await checkModule(root, module, options)))
  return findings
}

async function checkModule(
  root: Root,
  module: Module,
  { env, retries, folder }: { readonly env: GoEnv; readonly retries: number; readonly folder: string },
): Promise<readonly Problem[]> {
  const scratch = makePrivateDirectory(path.join(folder, 'tidy-'))
  const copies = { goMod: path.join(scratch, 'go.mod'), goSum: path.join(scratch, 'go.sum') }
  const [goMod, goSum] = [readText(module.goModFile) ?? '', readText(module.goSumFile) ?? '']
  try {
    writeFile(copies.goMod, goMod)
    writeFile(copies.goSum, goSum)
    const ran = await runGo(['mod', 'tidy', `-modfile=${copies.goMod}`], {
      cwd: module.directory,
      // `go mod tidy` works on one module; Go refuses -modfile in a workspace.
      env,
      set: { GOWORK: 'off' },
      retries,
    })
    if (ran.code !== 0) throw new GoCommandError('`go mod tidy` failed', root, ran)
    const found = [
      finding(root, module, module.goModFile, goMod, readText(copies.goMod) ?? ''),
      finding(root, module, module.goSumFile, goSum, readText(copies.goSum) ?? ''),
    ]
    return found.flat()
  } finally {
    removeIfPossible(scratch)
  }
}

function finding(
  root: Root,
  module: Module,
  file: string,
  before: string,
  after: string,
): readonly Problem[] {
  const changes = lineChanges(before, after)
  if (changes === undefined) return []
  const shownFile = shownPath(root, file)
  const where = shownPath(root, module.directory)
  const lines = [
    ...changes.removed.map(({ line, text }) => `- ${text}  (line ${line})`),
    ...changes.added.map((text) => `+ ${text}`),
  ]
  const counted = (verb: string, count: number) =>
    count === 0 ? [] : [`${verb} ${count} ${count === 1 ? 'line' : 'lines'}`]
  const edits = [...counted('remove', changes.removed.length), ...counted('add', changes.added.length)]
  return [
    {
      what: `${shownFile} is not tidy: \`go mod tidy\` would ${edits.join(' and ')}`,
      allowed: '',
      fix: `Run \`go mod tidy\`${where === '.' ? '' : ` in ${where}`}, and commit go.mod and go.sum.`,
      file: shownFile,
      ...(changes.removed[0] === undefined ? {} : { line: changes.removed[0].line }),
      shown: firstLinesOf(lines, maxLines),
    },
  ]
}

/** Returns a path as the user knows it: relative to the checkout, with `/`. */
function shownPath(root: Root, target: string): string {
  const relative = path.relative(root.directory, target).replaceAll(path.sep, '/')
  return path.posix.join(root.label, relative) || '.'
}
