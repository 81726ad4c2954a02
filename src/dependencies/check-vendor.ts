import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { GoEnv } from '../gocmd/index.ts'
import type { Root } from '../gofiles/roots.ts'
import { isFile, makePrivateDirectory, readText, removeIfPossible } from '../platform/files.ts'
import { ignoredFiles } from '../platform/git.ts'
import { lineChanges } from '../text/line-changes.ts'
import { firstLinesOf } from '../text/lists.ts'
import { hasNoDrift, type TreeDrift, treeDrift, vendorCommand, vendorInto } from './vendor.ts'

/** Maximum numbers to show: of files, of changed files with a diff, and of lines in such a diff. */
const max = { files: 30, diffs: 3, lines: 6 }

/**
 * Finds how a committed vendor directory differs from what the go command makes of the modules. Go downloads missing
 * modules and checks them against go.sum. Go itself never checks the content of vendored files.
 *
 * @param root a vendored module or workspace
 * @param options `retries`: maximum number of retries of a transient failure; `folder`: absolute path of this job's own
 *   folder; `goVersion`: the Go that builds, such as `go1.26.0`
 * @throws GoCommandError when the go command fails
 */
export async function findVendorDrift(
  root: Root,
  options: {
    readonly env: GoEnv
    readonly retries: number
    readonly folder: string
    readonly goVersion: string
  },
): Promise<readonly Problem[]> {
  const scratch = makePrivateDirectory(path.join(options.folder, 'vendor-'))
  const [expected, actual] = [path.join(scratch, 'new'), path.join(root.directory, 'vendor')]
  try {
    await vendorInto(expected, root, options)
    const drift = treeDrift(expected, actual)
    if (hasNoDrift(drift)) return []
    const ignored = await ignoredFiles(actual, drift.missing, options.env.variables)
    const label = path.posix.join(root.label, 'vendor')
    return [
      {
        what: `${label} differs from the output of \`${vendorCommand(root)}\`: ${amounts(drift)}`,
        allowed: '',
        fix: [
          ...hints(drift, ignored, options.goVersion),
          ...lineEndingHints(label, drift.lineEnds, (file) => isFile(path.join(actual, file))),
          fix(root),
        ].join(' '),
        file: path.posix.join(label, 'modules.txt'),
        shown: shown(drift, expected, actual, label),
      },
    ]
  } finally {
    removeIfPossible(scratch)
  }
}

function amounts({ changed, lineEnds, missing, extra }: TreeDrift): string {
  const counts = [
    [changed.length, 'changed'],
    [missing.length, 'missing'],
    [extra.length, 'unexpected'],
    [lineEnds.length, 'with other line endings'],
  ] as const
  return counts
    .flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${count === 1 ? 'file' : 'files'} ${word}`]))
    .join(', ')
}

function hints(
  { changed, missing, extra }: TreeDrift,
  ignored: readonly string[],
  goVersion: string,
): readonly string[] {
  const only = changed.length === 1 && changed[0] === 'modules.txt' && missing.length + extra.length === 0
  return [
    ...(only
      ? [
          `Only modules.txt differs, so a Go other than ${goVersion} may have written it: use the same version.`,
        ]
      : []),
    ...(ignored.length > 0
      ? [
          `Git ignores ${ignored.slice(0, 3).join(', ')}: remove that from .gitignore, or use \`git add --force\`.`,
        ]
      : []),
  ]
}

/**
 * Returns how to keep git from changing line endings. A .gitattributes in the directory of a module comes with the
 * module, and wins over those above (gitattributes(5)).
 *
 * @param label path of the vendor directory in the checkout, with `/`
 * @param files files in it with other line endings, with `/`
 * @param exists whether a file exists in it
 * @returns sentences; none without such files
 */
export function lineEndingHints(
  label: string,
  files: readonly string[],
  exists: (file: string) => boolean,
): readonly string[] {
  if (files.length === 0) return []
  const pattern = `${label}/**`
  const line = `${/\s/.test(pattern) ? JSON.stringify(pattern) : pattern} -text`
  const own = files.flatMap(attributesAbove).find(exists)
  return [
    `Git changed the line endings: add \`${line}\` to the .gitattributes at the top of the repository.`,
    'An existing checkout keeps them: remove it once.',
    ...(own === undefined
      ? []
      : [
          `${label}/${own} wins over that line, so also run \`git config --global core.autocrlf false\` and ` +
            '`git config --global core.eol lf` before the checkout.',
        ]),
  ]
}

/** Returns the possible paths of the .gitattributes that apply to a file, the nearest first. */
function attributesAbove(file: string): readonly string[] {
  const directories = file.split('/').slice(0, -1)
  return directories.map((_, index) =>
    [...directories.slice(0, directories.length - index), '.gitattributes'].join('/'),
  )
}

function fix(root: Root): string {
  const where = root.label === '.' ? '' : ` in ${root.label}`
  return `Run \`${vendorCommand(root)}\`${where}, and commit the result.`
}

function shown(drift: TreeDrift, expected: string, actual: string, label: string): readonly string[] {
  const name = (word: string) => (file: string) => `${word}: ${label}/${file}`
  const files = [
    ...drift.changed.map(name('changed')),
    ...drift.missing.map(name('missing')),
    ...drift.extra.map(name('extra')),
    ...drift.lineEnds.map(name('other line endings')),
  ]
  const diffs = drift.changed.slice(0, max.diffs).flatMap((file) => {
    const changes = lineChanges(
      readText(path.join(actual, file)) ?? '',
      readText(path.join(expected, file)) ?? '',
    )
    const lines = [
      ...(changes?.removed ?? []).map(({ line, text }) => `  - ${text}  (line ${line})`),
      ...(changes?.added ?? []).map((text) => `  + ${text}`),
    ]
    return [`${label}/${file}:`, ...lines.slice(0, max.lines)]
  })
  return [...firstLinesOf(files, max.files), ...diffs]
}
