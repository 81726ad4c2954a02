import * as path from 'node:path'
import { goFileProblem, workspacePath } from '../checkout/index.ts'
import type { Problem } from '../errors.ts'
import { parseGoMod } from '../gofiles/go-mod.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import { parseGoWork } from '../gofiles/go-work.ts'
import { GoFileError } from '../gofiles/syntax.ts'
import { isDirectory, isWithin, readText } from '../platform/files.ts'
import { findFilesNamed } from '../platform/find-files.ts'
import { closestWord } from '../text/closest-word.ts'
import { listSome } from '../text/lists.ts'
import { type RequestedGo, readGoVersionSpec } from './release-spec.ts'

/** The Go that the inputs request, and their problems. */
export interface ReadRequestedGo {
  /** Undefined when the inputs request none, or have problems. */
  readonly requestedGo?: RequestedGo
  readonly problems: readonly Problem[]
  /** A warning about something that is not a mistake. */
  readonly warning?: string
}

/** Names of files whose format is known. */
const knownFiles = ['go.mod', 'go.work', '.go-version', '.tool-versions']

/** Maximum number of files in a suggestion. */
const maxFiles = 5

const allowed =
  "a version such as '1.24.3', a line such as '1.24', a range such as '>=1.23 <1.25', `stable` or `oldstable`"

/**
 * Reads the requested Go version, as actions/setup-go does: `go-version` wins over `go-version-file`.
 *
 * @param inputs the two inputs as written
 * @param workspace absolute path of the checkout, the base of the file's path
 */
export function readRequestedGo(
  inputs: { readonly 'go-version': string; readonly 'go-version-file': string },
  workspace: string,
): ReadRequestedGo {
  const version = inputs['go-version'].trim()
  const file = inputs['go-version-file'].trim()
  if (version === '') return file === '' ? { problems: [] } : readFile(file, workspace)
  const requested = readVersion(version)
  if (file === '') return requested
  return { ...requested, warning: 'Both `go-version` and `go-version-file` are set: `go-version` applies.' }
}

function readVersion(text: string): ReadRequestedGo {
  const read = readGoVersionSpec(text, 'workflow')
  if ('spec' in read)
    return { requestedGo: { spec: read.spec, text, from: 'input `go-version`' }, problems: [] }
  const near = closestWord(text, ['stable', 'oldstable'])
  return problem({
    what: `Input \`go-version\` is "${clipped(text)}", but ${read.fault}`,
    allowed,
    fix: `${near === undefined ? '' : `Did you mean \`${near}\`? `}Correct the version, or remove the input to use the \`go\` on PATH.`,
  })
}

function readFile(given: string, workspace: string): ReadRequestedGo {
  const absolute = path.resolve(workspace, given)
  const file = isWithin(workspace, absolute) ? workspacePath(workspace, absolute) : given
  if (isDirectory(absolute)) {
    return problem({
      what: `Input \`go-version-file\` is "${given}", which is a directory`,
      allowed: 'a go.mod, go.work, .go-version or .tool-versions, or a file that contains only a version',
      fix: `Name the file in it, such as \`${path.posix.join(file, 'go.mod')}\`.`,
    })
  }
  const text = readText(absolute)
  if (text === undefined) {
    return problem({
      what: `Input \`go-version-file\` is "${given}", but that file does not exist in ${workspace}`,
      allowed: 'a file of the checkout',
      fix: suggestFile(file, findFilesNamed(path.basename(absolute), workspace)),
    })
  }
  const found = versionIn(path.basename(absolute), text, file)
  if (typeof found !== 'string') return problem(found)
  const read = readGoVersionSpec(found, 'file')
  if ('spec' in read) return { requestedGo: { spec: read.spec, text: found, from: file, file }, problems: [] }
  return problem({
    what: `${file} requests Go "${clipped(found)}", but ${read.fault}`,
    allowed,
    fix: 'Correct the file, or name another one with `go-version-file`.',
    file,
  })
}

/** Returns the fix for a file that does not exist. */
function suggestFile(file: string, others: readonly string[]): string {
  const [only, ...more] = others
  if (only !== undefined && more.length === 0)
    return `There is one in \`${only}\`: write \`go-version-file: ${only}\`.`
  if (only !== undefined) {
    const listed = listSome(
      others.map((one) => `\`${one}\``),
      maxFiles,
    )
    return `Use one of these files: ${listed}.`
  }
  const near = closestWord(path.posix.basename(file), knownFiles)
  const question =
    near === undefined || near === path.posix.basename(file) ? '' : `Did you mean \`${near}\`? `
  return `${question}Correct the path, or run actions/checkout before this action.`
}

/** Returns the version in a file, as written, or the problem of the file. */
function versionIn(name: string, text: string, file: string): string | Problem {
  const isGoMod = name === 'go.mod'
  if (isGoMod || name === 'go.work') {
    try {
      const { go, toolchain } = isGoMod ? parseGoMod(text, file) : parseGoWork(text, file)
      const fix = `Add one with \`go ${isGoMod ? 'mod' : 'work'} edit -go=1.25.0\`, or use the input \`go-version\`.`
      return newer(go, toolchain) ?? noVersionIn(file, 'has no go line and no toolchain line', fix)
    } catch (error) {
      if (!(error instanceof GoFileError)) throw error
      return goFileProblem(error, file)
    }
  }
  if (name === '.tool-versions') {
    // asdf calls its plugin golang, mise calls the tool go; fallback versions follow the first one.
    const version = /^[ \t]*(?:golang|go)[ \t]+([^\s#]+)/m.exec(text)?.[1]
    const fix = 'Add a line such as `golang 1.25.0`, or use the input `go-version`.'
    return version ?? noVersionIn(file, 'has no line for golang or go', fix)
  }
  const version = text.trim()
  const fix = 'Write a version such as 1.25.0 into it, or use the input `go-version`.'
  return version === '' ? noVersionIn(file, 'is empty', fix) : version
}

/**
 * Returns the version of the toolchain line; the go line's if the toolchain is `default` or older, as in the go command
 * (cmd/go/internal/toolchain/select.go). It drops the suffix that vendors append to the name of a toolchain.
 */
function newer(go: string | undefined, toolchain: string | undefined): string | undefined {
  const name = toolchain === 'default' ? undefined : /^go([^-\s]+)/.exec(toolchain ?? '')?.[1]
  if (go === undefined || name === undefined) return name ?? go
  return compareGoVersions(name, go) < 0 ? go : name
}

function noVersionIn(file: string, what: string, fix: string): Problem {
  return { what: `${file} contains no Go version: it ${what}`, allowed: '', fix, file }
}

/** Returns the first line, shortened to fit a sentence. */
function clipped(text: string): string {
  const [line = ''] = text.split(/[\r\n]/)
  return line.length < text.length || line.length > 60 ? `${line.slice(0, 60)}…` : line
}

function problem(one: Problem): ReadRequestedGo {
  return { problems: [one] }
}
