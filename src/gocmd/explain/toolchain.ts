/** Messages about the version of Go itself. */

import { explainRequest } from './http-errors.ts'
import {
  type Explainer,
  type Explanation,
  goLineLocations,
  matchGoFile,
  moduleLocations,
  moduleNamed,
  moduleOf,
  type Printed,
} from './message.ts'

/** Explains a file or module that requires a newer Go (cmd/go/internal/gover/toolchain.go, TooNewError). */
export const explainTooOld: Explainer = ({ text, files }) => {
  const groups =
    /^(?:go: |.*?: )??(?<what>\S+(?: in \S+)?) requires go >= (?<wanted>\S+) \(running go (?<running>[^\s;)]+)(?:; GOTOOLCHAIN=(?<setting>[^;)]+))?/m.exec(
      text,
    )?.groups
  if (groups === undefined) return undefined
  const { what = '', wanted = '', running = '', setting } = groups
  const module = moduleOf(`${what} `) ?? /^(\S+) in vendor\/modules\.txt$/.exec(what)?.[1]
  const path = module === undefined ? undefined : moduleNamed(module).path
  const noSwitch = setting === undefined ? '' : `, and GOTOOLCHAIN=${setting} does not let it fetch another`
  const message = `requires Go ${wanted}, but Go ${running} runs`
  const file = matchGoFile(files, what)
  return {
    title: 'this Go is too old',
    cause: `${what} requires Go ${wanted} or newer; this is Go ${running}${noSwitch}.`,
    fix: `Use Go ${wanted} or newer, or set \`gotoolchain: auto\` so that Go fetches it${path === undefined ? '' : `, or require an older version with \`go get ${path}@VERSION\``}.`,
    places:
      path === undefined
        ? goLineLocations(file === undefined ? [] : [file], wanted, message)
        : moduleLocations(files, 'require', { path }, `${path}: ${message}`),
  }
}

/** Explains a toolchain switch that fails (cmd/go/internal/toolchain/select.go). */
export const explainToolchain: Explainer = (printed) => {
  const { text, files } = printed
  const [, wanted = '', platform, problem] =
    /download go(\S+?)(?: for (\S+?))?: (toolchain not available|.+)/.exec(text) ?? []
  const explain = (title: string, cause: string, fix: string): Explanation => ({
    title,
    cause,
    fix,
    places: goLineLocations(files, wanted, `Go ${wanted} is required here`),
  })
  const install = `Use Go ${wanted} or newer in the job`
  if (/verifying module: checksum database disabled by GOSUMDB=off/.test(problem ?? '')) {
    return explain(
      'GOSUMDB=off forbids toolchains',
      `Go needs Go ${wanted}, but accepts no toolchain without the checksum database.`,
      `${install}, or unset GOSUMDB and list private modules in \`goprivate\` or \`gonosumdb\`.`,
    )
  }
  if (problem === 'toolchain not available') {
    return explain(
      'toolchain not available',
      `Go needs Go ${wanted} for ${platform}, but no source in GOPROXY has it.`,
      `${install}, or set \`goproxy\` to a source that has toolchains. Check that this version of Go exists.`,
    )
  }
  if (problem !== undefined) return failedToolchain(printed, wanted, problem, explain)
  const [, missing] = /cannot find "go(\S+)" in PATH/.exec(text) ?? []
  if (missing !== undefined) {
    return {
      title: 'toolchain not on PATH',
      cause: `Go needs Go ${missing}, but GOTOOLCHAIN limits it to PATH, which has no go${missing}.`,
      fix: `Use Go ${missing} or newer in the job, or set \`gotoolchain: auto\` so that Go fetches it.`,
      places: goLineLocations(files, missing, `Go ${missing} is required here`),
    }
  }
  return undefined
}

function failedToolchain(
  printed: Printed,
  wanted: string,
  problem: string,
  explain: (title: string, cause: string, fix: string) => Explanation,
): Explanation {
  const request = explainRequest(printed)
  const cause = `Go could not fetch Go ${wanted}. ${request?.cause ?? problem}`
  const fix = `Use Go ${wanted} or newer in the job, or fix the download. ${request?.fix ?? ''}`.trim()
  return explain('toolchain cannot be downloaded', cause, fix)
}

/** Explains settings that name no toolchain (cmd/go/internal/toolchain/select.go). */
export const explainToolchainName: Explainer = ({ text }) => {
  const [, value] = /invalid GOTOOLCHAIN "([^"]*)"/.exec(text) ?? []
  if (value !== undefined) {
    return {
      title: 'GOTOOLCHAIN cannot be read',
      cause: `GOTOOLCHAIN is "${value}", which is not a toolchain.`,
      fix: 'Set GOTOOLCHAIN to local, auto, path or a version such as go1.25.0, or unset it.',
      places: [],
    }
  }
  const [, language] =
    /invalid toolchain: go(\S+) is a language version but not a toolchain version/.exec(text) ?? []
  if (language === undefined) return undefined
  return {
    title: 'no toolchain has this version',
    cause: `go${language} is a version of the language; toolchain versions have three numbers, such as go${language}.0.`,
    fix: `Run \`go get go@${language}.0\`, or write go${language}.0 in GOTOOLCHAIN.`,
    places: [],
  }
}
