/** Messages about go.mod and go.work themselves, and about commands that do not work in a workspace. */

import {
  type Explainer,
  inFolder,
  lineAt,
  listDistinct,
  matchGoFile,
  moduleLocations,
  moduleNamed,
  moduleOf,
  onlyGoMod,
  type SourceLocation,
  wholeFile,
} from './message.ts'

/** The first Go version with each directive (https://go.dev/ref/mod, https://go.dev/doc/devel/release). */
const since: Readonly<Record<string, string>> = {
  toolchain: '1.21',
  godebug: '1.23',
  tool: '1.24',
  ignore: '1.25',
}

/** Explains lines that Go cannot parse (cmd/go/internal/modload, modfile.go, ReadModFile; init.go, ReadWorkFile). */
export const explainUnreadable: Explainer = ({ text, files }) => {
  const block = /(?:errors parsing (\S+):\n|reading go\.work: )((?:.+:\d+(?::\d+)?: .*(?:\n|$))+)/.exec(text)
  if (block === null) return undefined
  const lines = [...(block[2] ?? '').matchAll(/^(.+?):(\d+)(?::\d+)?: (.*)$/gm)].map(
    ([, file = '', line, problem = '']) => ({ file, line: Number(line), problem }),
  )
  const [first] = lines
  if (first === undefined) return undefined
  const name = first.file.split(/[\\/]/).at(-1) ?? ''
  const newest = lines
    .map(({ problem }) => since[/^unknown directive: (\S+)$/.exec(problem)?.[1] ?? ''] ?? '')
    .sort()
    .at(-1)
  return {
    title: `${name} cannot be read`,
    cause: `Go does not understand ${lines.length === 1 ? 'this line' : 'these lines'}: ${listDistinct(
      lines.map(({ line, problem }) => `${name}:${line}: ${problem}`),
    )}.`,
    fix: newest
      ? `Use Go ${newest} or newer, or remove the directives that this Go does not know.`
      : fixOf(first.problem, name, first.line),
    places: lines.flatMap(({ file, line, problem }): readonly SourceLocation[] => {
      const known = matchGoFile(files, file)
      return known === undefined ? [] : [{ file: known.file, line, text: problem }]
    }),
  }
}

function fixOf(problem: string, name: string, line: number): string {
  if (/^invalid go version/.test(problem)) {
    const command = name === 'go.work' ? 'go work edit' : 'go mod edit'
    return `Write the version as 1.23 or 1.23.0, such as with \`${command} -go=1.23\`.`
  }
  return `Correct line ${line} of ${name}; see https://go.dev/ref/mod#go-mod-file.`
}

/** Explains a go.mod without module line (cmd/go/internal/modload/modfile.go, ReadModFile). */
export const explainNoModuleLine: Explainer = ({ text, files }) => {
  const printed = /error reading (\S+): missing module declaration/.exec(text)?.[1]
  if (printed === undefined) return undefined
  const file = matchGoFile(files, printed)
  return {
    title: 'go.mod has no module line',
    cause: `${file?.file ?? 'go.mod'} does not name its module.`,
    fix: `Run \`go mod edit -module=PATH\`${inFolder(file)}, where PATH is the import path of the module.`,
    places: wholeFile(file, 'no module line'),
  }
}

/** Explains a go.mod or go.sum that needs updates (cmd/go/internal/modload/init.go, goModDirtyError). */
export const explainUpdatesNeeded: Explainer = ({ text, files }) => {
  const stale = /updates to (go\.mod|go\.sum) needed/.exec(text)?.[1]
  if (stale === undefined) return undefined
  const file = onlyGoMod(files)
  return {
    title: `${stale} needs an update`,
    cause:
      stale === 'go.mod'
        ? 'go.mod does not list the versions that its dependencies require, and Go may not change it here.'
        : 'go.sum has no checksums for some modules, and Go may not add them here.',
    fix: `Run \`go mod tidy\`${inFolder(file)} and commit go.mod and go.sum.`,
    places: wholeFile(file, `${stale} needs an update`),
  }
}

/** Explains packages of no required module (cmd/go/internal/modload/import.go, ImportMissingError). */
export const explainNotRequired: Explainer = ({ text, files }) => {
  const packages = [...text.matchAll(/no required module provides package ([^\s;]+)/g)].map(
    ([, name]) => name ?? '',
  )
  if (packages.length === 0) return undefined
  const file = onlyGoMod(files)
  return {
    title: 'a requirement is missing in go.mod',
    cause: `No module that go.mod requires provides ${listDistinct(packages)}.`,
    fix: `Run \`go get ${[...new Set(packages)].join(' ')}\`${inFolder(file)} and commit go.mod and go.sum.`,
    places: wholeFile(file, `no requirement for ${listDistinct(packages)}`),
  }
}

const missingReplacement =
  /replacement directory (.+) does not exist|\(replaced by (.+?)\): reading .+: open .+: (?:no such file|The system cannot find)/g

/** Explains a missing directory of a `replace` line (cmd/go/internal/modload/import.go, fetch; modfile.go). */
export const explainAbsentReplacement: Explainer = ({ text, files }) => {
  const missing = [...text.matchAll(missingReplacement)].map((match) => ({
    directory: match[1] ?? match[2] ?? '',
    module: moduleNamed(moduleOf(lineAt(text, match.index)) ?? '').path,
  }))
  if (missing.length === 0) return undefined
  const replacements = missing.map(({ directory, module }) =>
    module ? `${directory} (for ${module})` : directory,
  )
  return {
    title: 'a replacement directory does not exist',
    cause: `A replace line names a directory that does not exist or contains no module: ${listDistinct(replacements)}.`,
    fix: `Check out the directory, or remove the line with \`go mod edit -dropreplace=${missing[0]?.module ?? 'MODULE'}\`${inFolder(onlyGoMod(files))}.`,
    places: missing.flatMap(({ directory, module }) =>
      module ? moduleLocations(files, 'replace', { path: module }, `${directory} does not exist`) : [],
    ),
  }
}

/** Explains modules outside the current workspace (cmd/go/internal/modload/load.go, resolveLocalPackage). */
export const explainOutsideWorkspace: Explainer = ({ text, files }) => {
  const [, known, directory = known] =
    /contained in a module that is not one of the workspace modules listed in go\.work\..*\n\tgo work use (\S+)|directory prefix (\S+) does not contain modules listed in go\.work/.exec(
      text,
    ) ?? []
  if (directory === undefined) return undefined
  const what = directory === '.' ? 'The current directory' : `The directory ${directory}`
  return {
    title: 'a module is not in the workspace',
    cause: `${what} is not in a module that go.work uses, but go.work applies to it.`,
    fix: `Run \`go work use ${directory}\` and commit go.work, or set GOWORK=off.`,
    places: wholeFile(
      files.find(({ file }) => /(?:^|\/)go\.work$/.test(file)),
      `${directory} is not used here`,
    ),
  }
}

/** Explains a go.work that does not match its modules (cmd/go/internal/modload/init.go). */
export const explainStaleWorkspace: Explainer = ({ text, files }) => {
  const unreadable = /cannot load module (\S+) listed in go\.work file: (?:open (.+): )?(.*)/.exec(text)
  const workFile = files.find(({ file }) => /(?:^|\/)go\.work$/.test(file))
  if (unreadable !== null) {
    const [, module = '', , problem] = unreadable
    return {
      title: 'go.work uses a missing module',
      cause: `The module ${module} that go.work uses cannot be read: ${problem}.`,
      fix: `Check out the module, or run \`go work edit -dropuse=${module}\` and commit go.work.`,
      places: wholeFile(workFile, `${module}: ${problem}`),
    }
  }
  const older =
    /module (\S+) listed in go\.work file requires go >= (\S+), but go\.work (?:lists|implicitly requires) go (\S+?);/.exec(
      text,
    )
  if (older === null) return undefined
  const [, module = '', required = '', listed = ''] = older
  return {
    title: 'go.work names an older Go than its modules',
    cause: `The module ${module} requires Go ${required}, but go.work lists Go ${listed}.`,
    fix: 'Run `go work use` and commit go.work.',
    places: wholeFile(workFile, `${module} requires Go ${required}`),
  }
}

/** Commands and flags that Go refuses in a workspace. */
const refused: readonly (readonly [pattern: RegExp, cause: string, fix: string])[] = [
  // cmd/go/internal/modcmd/vendor.go, since Go 1.22
  [
    /'go mod vendor' cannot be run in workspace mode/,
    'A go.work applies here, and a workspace has one vendor directory for all its modules.',
    'Run `go work vendor`, or set GOWORK=off to run `go mod vendor` for one module.',
  ],
  // cmd/go/internal/modload/init.go
  [
    /-modfile cannot be used in workspace mode/,
    'A go.work applies here, and -modfile names a go.mod for one module only.',
    'Remove -modfile from the command and from GOFLAGS, or set GOWORK=off.',
  ],
  [
    /-mod may only be set to readonly (?:or vendor )?when in workspace mode, but it is set to/,
    'A go.work applies here, and Go does not change the go.mod files of a workspace while it builds.',
    'Remove -mod from the command and from GOFLAGS, or set GOWORK=off.',
  ],
]

/** Explains refused commands and flags, and `go work vendor` with a Go that does not have it. */
export const explainRefusedInWorkspace: Explainer = ({ text }) => {
  const [, cause, fix] = refused.find(([pattern]) => pattern.test(text)) ?? []
  if (cause !== undefined && fix !== undefined) {
    return { title: 'not possible in a workspace', cause, fix, places: [] }
  }
  if (!/^go work: unknown command$/m.test(text)) return undefined
  return {
    title: 'this Go does not know the command',
    cause: '`go work vendor` requires Go 1.22.',
    fix: 'Use Go 1.22 or newer.',
    places: [],
  }
}
