/** Messages about go.mod and go.work themselves. */
import { type Explainer, lineAt, moduleNamed, moduleOf, several } from './explanation.ts'
import { fileMeant, inFolderOf, modulePlaces, onlyGoMod, type Place, wholeFile } from './places.ts'

/** Directives by the Go that was the first to know them (https://go.dev/ref/mod, https://go.dev/doc/devel/release). */
const since: Readonly<Record<string, string>> = {
  toolchain: '1.21',
  godebug: '1.23',
  tool: '1.24',
  ignore: '1.25',
}

/** Lines that Go cannot read (cmd/go/internal/modload: ReadModFile in modfile.go, ReadWorkFile in init.go). */
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
    cause: `${lines.length === 1 ? 'This line is' : 'These lines are'} not understood: ${several(
      lines.map(({ line, problem }) => `${name}:${line}: ${problem}`),
    )}.`,
    mend: newest
      ? `Use Go ${newest} or newer, or remove what older ones do not know.`
      : mendOf(first.problem, name, first.line),
    places: lines.flatMap(({ file, line, problem }): readonly Place[] => {
      const known = fileMeant(files, file)
      return known === undefined ? [] : [{ file: known.file, line, text: problem }]
    }),
  }
}

function mendOf(problem: string, name: string, line: number): string {
  if (/^invalid go version/.test(problem)) {
    const command = name === 'go.work' ? 'go work edit' : 'go mod edit'
    return `Write the version as 1.23 or 1.23.0, such as by \`${command} -go=1.23\`.`
  }
  return `Correct line ${line} of ${name}; https://go.dev/ref/mod#go-mod-file tells what can stand there.`
}

/** A go.mod without its first line (cmd/go/internal/modload/modfile.go, ReadModFile). */
export const explainNoModuleLine: Explainer = ({ text, files }) => {
  const printed = /error reading (\S+): missing module declaration/.exec(text)?.[1]
  if (printed === undefined) return undefined
  const file = fileMeant(files, printed)
  return {
    title: 'go.mod has no module line',
    cause: `${file?.file ?? 'go.mod'} does not say which module it is of.`,
    mend: `Run \`go mod edit -module=PATH\`${inFolderOf(file)}, with the path that others import the module by.`,
    places: wholeFile(file, 'no module line'),
  }
}

/** go.mod that is behind what its dependencies require (cmd/go/internal/modload/init.go, goModDirtyError). */
export const explainUpdatesNeeded: Explainer = ({ text, files }) => {
  const stale = /updates to (go\.mod|go\.sum) needed/.exec(text)?.[1]
  if (stale === undefined) return undefined
  const file = onlyGoMod(files)
  return {
    title: `${stale} needs an update`,
    cause:
      stale === 'go.mod'
        ? 'go.mod does not list what its dependencies require, such as a newer version of a module, and Go may not change it here.'
        : 'go.sum lacks checksums, and Go may not add them here.',
    mend: `Run \`go mod tidy\`${inFolderOf(file)} and commit go.mod and go.sum.`,
    places: wholeFile(file, `${stale} needs an update`),
  }
}

/** Packages of no required module (cmd/go/internal/modload/import.go, ImportMissingError). */
export const explainNotRequired: Explainer = ({ text, files }) => {
  const packages = [...text.matchAll(/no required module provides package ([^\s;]+)/g)].map(
    ([, name]) => name ?? '',
  )
  if (packages.length === 0) return undefined
  const file = onlyGoMod(files)
  return {
    title: 'go.mod lacks a requirement',
    cause: `No module that go.mod requires has ${several(packages)}.`,
    mend: `Run \`go get ${[...new Set(packages)].join(' ')}\`${inFolderOf(file)} and commit go.mod and go.sum.`,
    places: wholeFile(file, `no requirement for ${several(packages)}`),
  }
}

const absentReplacement =
  /replacement directory (.+) does not exist|\(replaced by (.+?)\): reading .+: open .+: (?:no such file|The system cannot find)/g

/** A directory in a `replace` line that is not there (cmd/go/internal/modload/import.go, fetch; modfile.go). */
export const explainAbsentReplacement: Explainer = ({ text, files }) => {
  const absent = [...text.matchAll(absentReplacement)].map((match) => ({
    directory: match[1] ?? match[2] ?? '',
    module: moduleNamed(moduleOf(lineAt(text, match.index)) ?? '').path,
  }))
  if (absent.length === 0) return undefined
  const named = absent.map(({ directory, module }) => (module ? `${directory} (for ${module})` : directory))
  return {
    title: 'a replacement directory does not exist',
    cause: `A replace line leads to a directory that is not there, or is no module: ${several(named)}.`,
    mend: `Check the directory out there, or drop the line by \`go mod edit -dropreplace=${absent[0]?.module ?? 'MODULE'}\`${inFolderOf(onlyGoMod(files))}.`,
    places: absent.flatMap(({ directory, module }) =>
      module ? modulePlaces(files, 'replace', { path: module }, `${directory} does not exist`) : [],
    ),
  }
}
