import * as path from 'node:path'
import { goflagsProblem, settingSource } from '../checkout/index.ts'
import type { Problem } from '../errors.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import type { Root } from '../gofiles/roots.ts'
import { sanitizersOn } from '../gosettings/flag-values.ts'
import { flagsOf, goFlagValue, goflagsRefusal } from '../gosettings/goflags.ts'
import { readText } from '../platform/files.ts'

/** The first Go that builds a workspace from a vendor directory (https://go.dev/doc/go1.22#go-command). */
export const firstWithWorkVendor = '1.22'

/** The facts for the validation of GOFLAGS. */
interface Flags {
  /** GOFLAGS as later steps will see it. */
  readonly goflags: string
  readonly roots: readonly Root[]
}

/**
 * Returns the problems of flags with which every go command fails, from the files of the checkout. The Go is not known
 * yet.
 *
 * @param flags `goflags` may come from the input, the environment or the user's file of the go command
 */
export function goflagsProblems({ goflags, roots }: Flags): readonly Problem[] {
  if (roots.length === 0) return []
  const refusal = goflagsRefusal(goflags)
  if (refusal !== undefined) return [refused(refusal)]
  if (goFlagValue(goflags, 'mod') !== 'mod') return []
  return roots.filter(isWorkspace).map(noModInWorkspace)
}

/**
 * Returns the problems of flags with which every go command of this Go fails.
 *
 * @param go `version`: the Go that builds, such as `go1.26.0`; `env`: its variables
 */
export function goflagsProblemsOf(
  { goflags, roots }: Flags,
  go: { readonly version: string; readonly env: Readonly<Record<string, string>> },
): readonly Problem[] {
  const refusal = goflagsRefusal(goflags, go.version)
  const isTooOld = compareGoVersions(go.version, firstWithWorkVendor) < 0
  return [
    ...(refusal === undefined ? [] : [refused(refusal)]),
    ...sanitizerProblems(goflags, go.env),
    ...(isTooOld && goFlagValue(goflags, 'mod') === 'vendor'
      ? roots.filter(isWorkspace).map((root) => noVendorInWorkspace(root, go.version))
      : []),
  ]
}

function isWorkspace({ goWork }: Root): boolean {
  return goWork !== undefined
}

function refused(refusal: string): Problem {
  return {
    what: `GOFLAGS makes every go command fail: ${refusal}`,
    allowed: '',
    fix: 'Correct it where it is set: in the input `goflags`, in `env:` of the workflow, by an earlier step, or by `go env -w` (`go env -u GOFLAGS` removes that).',
  }
}

/** Returns the problem of -mod in a workspace (cmd/go/internal/modload/init.go, setDefaultBuildMod). */
function noModInWorkspace({ label }: Root): Problem {
  return {
    what: `GOFLAGS holds -mod=mod, and the go command refuses it in a workspace (go.work in ${label}), so every build there fails`,
    allowed: '',
    fix: 'Remove -mod=mod from the input `goflags` or the variable GOFLAGS, or set GOWORK=off for this job.',
  }
}

function noVendorInWorkspace({ label }: Root, version: string): Problem {
  return {
    what: `GOFLAGS holds -mod=vendor, and ${version} refuses it in a workspace (go.work in ${label}), so every build there fails`,
    allowed: '',
    fix: `Use Go ${firstWithWorkVendor} or newer, remove -mod=vendor from GOFLAGS, or set GOWORK=off for this job.`,
  }
}

/** Returns the problems of sanitizer flags (cmd/go/internal/work/init.go, instrumentInit). */
function sanitizerProblems(goflags: string, env: Readonly<Record<string, string>>): readonly Problem[] {
  const [first, second] = sanitizersOn(flagsOf(goflags))
  if (first === undefined) return []
  if (second !== undefined) {
    return [
      {
        what: `GOFLAGS holds -${first} and -${second}, which exclude each other, so every build fails`,
        allowed: '',
        fix: `Remove one of them, or disable it with \`-${second}=false\` in the input \`goflags\`.`,
      },
    ]
  }
  if (env.CGO_ENABLED !== '0' || (first === 'race' && env.GOOS === 'darwin')) return []
  return [
    {
      what: `GOFLAGS holds -${first}, which needs cgo, and CGO_ENABLED is 0, so every build fails`,
      allowed: '',
      fix: 'Install a C compiler, set CGO_ENABLED=1, or remove the flag from GOFLAGS.',
    },
  ]
}

/**
 * Returns why the go command cannot read the file of -overlay (`go help build`).
 *
 * @param roots the roots in which the go command will run
 */
export function overlayProblems(roots: readonly Root[], goflags: string): readonly Problem[] {
  const overlay = goFlagValue(goflags, 'overlay') ?? ''
  if (overlay === '') return []
  const problems = roots.flatMap(({ directory, label }) => overlayProblem(overlay, directory, label))
  // An absolute name yields the same problem for each root.
  return problems.filter(({ what }, index) => problems.findIndex((one) => one.what === what) === index)
}

function overlayProblem(given: string, directory: string, label: string): readonly Problem[] {
  const text = readText(path.resolve(directory, given))
  if (text === undefined) {
    return [
      goflagsProblem(
        `GOFLAGS holds -overlay=${given}, but that file does not exist${settingSource(given, label)}`,
        'Correct the name in GOFLAGS, or create the file in an earlier step.',
      ),
    ]
  }
  try {
    JSON.parse(text)
    return []
  } catch {
    return [
      goflagsProblem(
        `GOFLAGS holds -overlay=${given}, but that file is not JSON`,
        'Write it in the form `{"Replace": {"a.go": "/path/to/other.go"}}`.',
      ),
    ]
  }
}
