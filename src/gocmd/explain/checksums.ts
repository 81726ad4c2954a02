/**
 * Messages about content that differs from go.sum or the checksum database, and about missing or malformed lines of
 * go.sum.
 */

import { splitModuleVersion } from '../../gofiles/module-path.ts'
import {
  type Explainer,
  type Explanation,
  inFolder,
  listDistinct,
  matchGoFile,
  moduleLocations,
  moduleNamed,
  moduleOf,
  moduleOfPackage,
  onlyGoMod,
} from './message.ts'

/** The error for a mismatch. If `verifying` is followed by `module` or `go.mod`, the module's name precedes it. */
const mismatch =
  /(?:([^\s@]+@[^\s@:]+): )?verifying (\S+): checksum mismatch\n\tdownloaded: (\S+)\n\t(\S+): +(\S+)/

/** Explains checksum mismatches (cmd/go/internal/modfetch/fetch.go, goSumMismatch and sumdbMismatch). */
export const explainMismatch: Explainer = ({ text, files, goproxy = '' }) => {
  const found = mismatch.exec(text)
  if (found === null) return undefined
  const [, module, verified = '', downloaded, record = '', recorded] = found
  const name = module ?? verified.replace(/\/go\.mod$/, '')
  const what = verified.endsWith('go.mod') ? `The go.mod of ${name}` : name
  const inFile = record.endsWith('.sum')
  const source = goproxy === '' ? '' : ` It was fetched through GOPROXY=${goproxy}.`
  return {
    title: 'checksum mismatch',
    cause: `${what} does not match ${inFile ? record : `the checksum database ${record}`}: downloaded ${downloaded}, recorded ${recorded}. The version was changed after it was published, or the download was tampered with.${source}`,
    fix: inFile
      ? `Ask the authors of ${name} why it changed. Only if the new content is right, delete its lines from ${record} and run \`go mod tidy\`.`
      : `Do not use ${name}. Ask its authors why it changed, or require another version with \`go get ${moduleNamed(name).path}@latest\`. If it is private and a public module has the same path, set \`goprivate: ${moduleNamed(name).path}\`.`,
    security: true,
    places: moduleLocations(files, 'require', moduleNamed(name), `${name}: checksum mismatch`),
  }
}

/** Security errors without two checksums to compare. */
const securityErrors: readonly (readonly [
  pattern: RegExp,
  title: string,
  cause: (module: string) => string,
])[] = [
  [
    // cmd/go/internal/modfetch/fetch.go, sumdbAbsent
    /^.*checksum missing from sumdb response/m,
    'the checksum database cannot be trusted',
    (module) => `The checksum database returned no checksum for ${module}.`,
  ],
  [
    // golang.org/x/mod/sumdb/client.go
    /^.*(?:server misbehavior detected|misbehaving server|downloaded inconsistent tile|cannot authenticate record)/m,
    'the checksum database cannot be trusted',
    () => 'The responses of the checksum database do not match its signatures.',
  ],
  [/^.*SECURITY ERROR/m, 'security error', () => 'The download does not have the expected content.'],
]

/** Explains the other messages that Go calls security errors. */
export const explainSecurityError: Explainer = ({ text }): Explanation | undefined => {
  for (const [pattern, title, cause] of securityErrors) {
    const line = pattern.exec(text)?.[0]
    if (line === undefined) continue
    return {
      title,
      cause: `${cause(moduleOf(line) ?? 'a module')} Either a server is faulty, or its responses were tampered with.`,
      fix: 'Do not use the download. Set GOPROXY and GOSUMDB to sources that you trust; `go env GOPROXY GOSUMDB` prints the current ones.',
      security: true,
      places: [],
    }
  }
  return undefined
}

const missingForPackage =
  /missing go\.sum entry (?:for module providing|needed to verify) package ([^\s;]+)(?: \(imported by [^)]+\))?/g

const missingForModule = /([^\s@]+@[^\s@:]+): missing go\.sum entry(?: for go\.mod file)?(?:;|$)/gm

/** Explains missing lines of go.sum (cmd/go/internal/modload/import.go, ImportMissingSumError and sumMissingError). */
export const explainMissingSums: Explainer = ({ text, files }) => {
  const packages = [...text.matchAll(missingForPackage)].map(([, name]) => name ?? '')
  const modules = [...text.matchAll(missingForModule)].map(([, name]) => splitModuleVersion(name ?? ''))
  if (packages.length + modules.length === 0) return undefined
  const missing = [
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
    cause: `go.sum has no checksums for ${listDistinct(missing)}, and Go may not add them here.`,
    fix: `Run \`${command}\`${inFolder(onlyGoMod(files))} and commit go.sum.`,
    places: [...required.map((path) => ({ path })), ...modules].flatMap((module) =>
      moduleLocations(files, 'require', module, `go.sum has no checksums for ${module.path}`),
    ),
  }
}

/** Explains a malformed line of go.sum (cmd/go/internal/modfetch/fetch.go, readGoSum). */
export const explainMalformedSum: Explainer = ({ text, files }) => {
  const [, file = '', line = ''] = /malformed go\.sum:\n(.+):(\d+): wrong number of fields/.exec(text) ?? []
  if (file === '') return undefined
  const name = file.split(/[\\/]/).at(-1)
  const goMod = matchGoFile(files, file.replace(/go(?:\.work)?\.sum$/, 'go.mod'))
  return {
    title: `${name} cannot be read`,
    cause: `Line ${line} of ${name} is not a module, a version and a checksum, possibly because of a merge.`,
    fix: `Remove the line, then run \`go mod tidy\`${inFolder(goMod)} and commit ${name}.`,
    places: (goMod === undefined ? [] : [goMod]).map((module) => ({
      file: module.file.replace(/go\.mod$/, name ?? ''),
      line: Number(line),
      text: 'not a module, a version and a checksum',
    })),
  }
}
