/** Messages about lines that go.sum lacks, or that are none. */
import { splitModuleVersion } from '../module-version.ts'
import { type Explainer, several } from './explanation.ts'
import { fileMeant, inFolderOf, moduleOfPackage, modulePlaces, onlyGoMod } from './places.ts'

const lackingForPackage =
  /missing go\.sum entry (?:for module providing|needed to verify) package ([^\s;]+)(?: \(imported by [^)]+\))?/g
const lackingForModule = /([^\s@]+@[^\s@:]+): missing go\.sum entry(?: for go\.mod file)?(?:;|$)/gm

/** Lines that go.sum lacks (cmd/go/internal/modload/import.go, ImportMissingSumError and sumMissingError). */
export const explainMissingSums: Explainer = ({ text, files }) => {
  const packages = [...text.matchAll(lackingForPackage)].map(([, name]) => name ?? '')
  const modules = [...text.matchAll(lackingForModule)].map(([, name]) => splitModuleVersion(name ?? ''))
  if (packages.length + modules.length === 0) return undefined
  const lacking = [
    ...packages.map((name) => `package ${name}`),
    ...modules.map(({ path, version }) => `the go.mod of ${path}@${version}`),
  ]
  const command =
    packages.length > 0
      ? 'go mod tidy'
      : `go mod download ${[...new Set(modules.map(({ path }) => path))].join(' ')}`
  const required = [...new Set(packages.map((name) => moduleOfPackage(files, name) ?? ''))].filter(Boolean)
  return {
    title: 'go.sum is not complete',
    cause: `go.sum lacks checksums for ${several(lacking)}, and Go may not add them here.`,
    mend: `Run \`${command}\`${inFolderOf(onlyGoMod(files))} and commit go.sum.`,
    places: [...required.map((path) => ({ path })), ...modules].flatMap((module) =>
      modulePlaces(files, 'require', module, `go.sum lacks checksums of ${module.path}`),
    ),
  }
}

/** A line of go.sum that is none (cmd/go/internal/modfetch/fetch.go, readGoSum). */
export const explainMalformedSum: Explainer = ({ text, files }) => {
  const [, file = '', line = ''] = /malformed go\.sum:\n(.+):(\d+): wrong number of fields/.exec(text) ?? []
  if (file === '') return undefined
  const name = file.split(/[\\/]/).at(-1)
  const goMod = fileMeant(files, file.replace(/go(?:\.work)?\.sum$/, 'go.mod'))
  return {
    title: `${name} cannot be read`,
    cause: `Line ${line} of ${name} is not a module, a version and a checksum; a merge may have left it.`,
    mend: `Remove the line, then run \`go mod tidy\`${inFolderOf(goMod)} and commit ${name}.`,
    places: (goMod === undefined ? [] : [goMod]).map((beside) => ({
      file: beside.file.replace(/go\.mod$/, name ?? ''),
      line: Number(line),
      text: 'not a module, a version and a checksum',
    })),
  }
}
