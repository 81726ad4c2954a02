/** Messages about content that is not what go.sum or the checksum database says. */
import { type Explainer, type Explanation, moduleNamed, moduleOf } from './explanation.ts'
import { modulePlaces } from './places.ts'

/** With `module` or `go.mod` in place of a name, the name stands before `verifying`. */
const mismatch =
  /(?:([^\s@]+@[^\s@:]+): )?verifying (\S+): checksum mismatch\n\tdownloaded: (\S+)\n\t(\S+): +(\S+)/

/** Checksums that differ (cmd/go/internal/modfetch/fetch.go, goSumMismatch and sumdbMismatch). */
export const explainMismatch: Explainer = ({ text, files, goproxy = '' }) => {
  const found = mismatch.exec(text)
  if (found === null) return undefined
  const [, module, verified = '', downloaded, record = '', recorded] = found
  const name = module ?? verified.replace(/\/go\.mod$/, '')
  const what = verified.endsWith('go.mod') ? `The go.mod of ${name}` : name
  const inFile = record.endsWith('.sum')
  const source = goproxy === '' ? '' : ` It was fetched by way of GOPROXY=${goproxy}.`
  return {
    title: 'checksum mismatch',
    cause: `${what} is not what ${inFile ? record : `the checksum database ${record}`} says: downloaded was ${downloaded}, recorded is ${recorded}. The version was changed after it was published, or the download was tampered with.${source}`,
    mend: inFile
      ? `Ask the authors of ${name} why it changed. Only if the new content is right, delete its lines from ${record} and run \`go mod tidy\`.`
      : `Do not use ${name}. Ask its authors why it changed, or require another version by \`go get ${moduleNamed(name).path}@latest\`. If it is a private module and another one has its path in public, set \`goprivate: ${moduleNamed(name).path}\`.`,
    security: true,
    places: modulePlaces(files, 'require', moduleNamed(name), `${name}: checksum mismatch`),
  }
}

/** Security errors without two checksums to compare. */
const doubts: readonly (readonly [pattern: RegExp, title: string, cause: (module: string) => string])[] = [
  [
    // cmd/go/internal/modfetch/fetch.go, sumdbAbsent
    /^.*checksum missing from sumdb response/m,
    'the checksum database cannot be trusted',
    (module) => `The checksum database answered without a checksum of ${module}.`,
  ],
  [
    // golang.org/x/mod/sumdb/client.go
    /^.*(?:server misbehavior detected|misbehaving server|downloaded inconsistent tile|cannot authenticate record)/m,
    'the checksum database cannot be trusted',
    () => 'The answers of the checksum database do not agree with what it signed.',
  ],
  [/^.*SECURITY ERROR/m, 'security error', () => 'What was downloaded is not what it should be.'],
]

/** What else Go calls a security error. */
export const explainDoubt: Explainer = ({ text }): Explanation | undefined => {
  for (const [pattern, title, cause] of doubts) {
    const line = pattern.exec(text)?.[0]
    if (line === undefined) continue
    return {
      title,
      cause: `${cause(moduleOf(line) ?? 'a module')} Either a server fails, or somebody tampers with what it sends.`,
      mend: 'Do not use what was downloaded. Set GOPROXY and GOSUMDB to sources that you trust; `go env GOPROXY GOSUMDB` shows what they are.',
      security: true,
      places: [],
    }
  }
  return undefined
}
