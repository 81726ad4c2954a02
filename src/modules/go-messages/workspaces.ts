/** Messages about go.work, and about commands that do not work in a workspace. */
import type { Explainer } from './explanation.ts'
import { wholeFile } from './places.ts'

/** Modules outside the workspace that Go runs in (cmd/go/internal/modload/load.go, resolveLocalPackage). */
export const explainOutsideWorkspace: Explainer = ({ text, files }) => {
  const [, known, directory = known] =
    /contained in a module that is not one of the workspace modules listed in go\.work\..*\n\tgo work use (\S+)|directory prefix (\S+) does not contain modules listed in go\.work/.exec(
      text,
    ) ?? []
  if (directory === undefined) return undefined
  const what = directory === '.' ? 'The current directory' : `The directory ${directory}`
  return {
    title: 'a module is not in the workspace',
    cause: `${what} is in no module that go.work uses, and go.work applies to it.`,
    mend: `Run \`go work use ${directory}\` and commit go.work, or set GOWORK=off.`,
    places: wholeFile(
      files.find(({ file }) => /(?:^|\/)go\.work$/.test(file)),
      `${directory} is not used here`,
    ),
  }
}

/** go.work files that do not fit to their modules (cmd/go/internal/modload/init.go). */
export const explainStaleWorkspace: Explainer = ({ text, files }) => {
  const absent = /cannot load module (\S+) listed in go\.work file: (?:open (.+): )?(.*)/.exec(text)
  const place = files.find(({ file }) => /(?:^|\/)go\.work$/.test(file))
  if (absent !== null) {
    const [, module = '', , problem] = absent
    return {
      title: 'go.work uses a module that is not there',
      cause: `The module ${module} that go.work uses cannot be read: ${problem}.`,
      mend: `Check the module out there, or run \`go work edit -dropuse=${module}\` and commit go.work.`,
      places: wholeFile(place, `${module}: ${problem}`),
    }
  }
  const older =
    /module (\S+) listed in go\.work file requires go >= (\S+), but go\.work (?:lists|implicitly requires) go (\S+?);/.exec(
      text,
    )
  if (older === null) return undefined
  const [, module = '', wanted = '', listed = ''] = older
  return {
    title: 'go.work names an older Go than its modules',
    cause: `The module ${module} requires Go ${wanted}, and go.work says ${listed}.`,
    mend: 'Run `go work use` and commit go.work.',
    places: wholeFile(place, `${module} requires Go ${wanted}`),
  }
}

/** Commands and flags that are refused in a workspace, and a command that the oldest Go does not know. */
const refused: readonly (readonly [pattern: RegExp, cause: string, mend: string])[] = [
  // cmd/go/internal/modcmd/vendor.go, since Go 1.22
  [
    /'go mod vendor' cannot be run in workspace mode/,
    'There is a go.work, and a workspace has one vendor directory for all its modules.',
    'Run `go work vendor`, or set GOWORK=off for `go mod vendor` of one module.',
  ],
  // cmd/go/internal/modload/init.go
  [
    /-modfile cannot be used in workspace mode/,
    'There is a go.work, and -modfile names a go.mod for one module only.',
    'Remove -modfile from the command and from GOFLAGS, or set GOWORK=off.',
  ],
  [
    /-mod may only be set to readonly (?:or vendor )?when in workspace mode, but it is set to/,
    'There is a go.work, and Go does not change the go.mod files of a workspace while it builds.',
    'Remove -mod from the command and from GOFLAGS, or set GOWORK=off.',
  ],
]

export const explainRefusedInWorkspace: Explainer = ({ text }) => {
  const [, cause, mend] = refused.find(([pattern]) => pattern.test(text)) ?? []
  if (cause !== undefined && mend !== undefined) {
    return { title: 'not possible in a workspace', cause, mend, places: [] }
  }
  if (!/^go work: unknown command$/m.test(text)) return undefined
  return {
    title: 'this Go does not know the command',
    cause: '`go work vendor` came with Go 1.22.',
    mend: 'Use Go 1.22 or newer.',
    places: [],
  }
}
