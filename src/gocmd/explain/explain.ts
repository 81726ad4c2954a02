/** Explanations for messages of the go command. */

import {
  explainMalformedSum,
  explainMismatch,
  explainMissingSums,
  explainSecurityError,
} from './checksums.ts'
import { explainGit, explainVersionControl } from './git.ts'
import {
  explainAbsentReplacement,
  explainNoModuleLine,
  explainNotRequired,
  explainOutsideWorkspace,
  explainRefusedInWorkspace,
  explainStaleWorkspace,
  explainUnreadable,
  explainUpdatesNeeded,
} from './go-files.ts'
import { explainInsecureCredentials, explainProxyOff, explainRequest, explainStalled } from './http-errors.ts'
import { explainDisk, explainGoflags } from './machine.ts'
import {
  announcedModules,
  type Explainer,
  type Explanation,
  type GoFile,
  moduleNamed,
  moduleVersions,
  replaceLines,
  withoutAnswers,
  withoutProgress,
  withoutUserinfo,
} from './message.ts'
import { explainToolchain, explainToolchainName, explainTooOld } from './toolchain.ts'
import { explainNotVendored, explainVendorDrift, explainVendorOfOtherKind } from './vendor.ts'

/**
 * The explainers in order of precedence: the first match wins. Signs of an attack come first, and a cause comes before
 * its consequences. `files` marks messages whose cause is in a module's own files, independent of the network.
 */
const explainers: readonly (readonly [explain: Explainer, cause: 'files' | 'any'])[] = [
  [explainMismatch, 'any'],
  [explainSecurityError, 'any'],
  [explainGoflags, 'any'],
  [explainStalled, 'any'],
  [explainToolchain, 'any'],
  [explainToolchainName, 'any'],
  [explainTooOld, 'files'],
  [explainUnreadable, 'files'],
  [explainNoModuleLine, 'files'],
  [explainMalformedSum, 'files'],
  [explainStaleWorkspace, 'files'],
  [explainOutsideWorkspace, 'files'],
  [explainRefusedInWorkspace, 'any'],
  [explainVendorOfOtherKind, 'files'],
  [explainVendorDrift, 'files'],
  [explainNotVendored, 'files'],
  [explainAbsentReplacement, 'files'],
  [explainDisk, 'any'],
  [explainProxyOff, 'any'],
  [explainInsecureCredentials, 'any'],
  [explainGit, 'any'],
  [explainRequest, 'any'],
  [explainVersionControl, 'any'],
  [explainMissingSums, 'files'],
  [explainUpdatesNeeded, 'files'],
  [explainNotRequired, 'files'],
]

/**
 * Explains why a go command failed.
 *
 * @param output standard error of the go command
 * @param context `modules`: the go.mod and go.work files of the run, to find the faulty lines; `goproxy`: its GOPROXY
 * @returns undefined for an unknown message: then the caller shows Go's output
 */
export function explainGo(
  output: string,
  context: { readonly modules?: readonly GoFile[]; readonly goproxy?: string } = {},
): Explanation | undefined {
  const printed = {
    text: withoutAnswers(withoutProgress(output)),
    announced: announcedModules(output),
    files: context.modules ?? [],
    goproxy: context.goproxy === undefined ? undefined : withoutUserinfo(context.goproxy),
  }
  for (const [explain] of explainers) {
    const explanation = explain(printed)
    if (explanation !== undefined) return withReplaced(explanation, printed.files)
  }
  return undefined
}

/**
 * Whether a go command failed because of a module's own files: then it fails on every machine.
 *
 * @param output standard error of the go command
 */
export function isCausedByFiles(output: string): boolean {
  const printed = {
    text: withoutAnswers(withoutProgress(output)),
    announced: [],
    files: [],
    goproxy: undefined,
  }
  const [first, cause] = explainers.find(([explain]) => explain(printed) !== undefined) ?? []
  if (first === explainToolchain)
    return /toolchain not available|cannot find "go\S+" in PATH/.test(printed.text)
  return cause === 'files'
}

/** Adds a sentence about `replace` lines: Go names either the required module or its replacement, not both. */
function withReplaced(explanation: Explanation, files: readonly GoFile[]): Explanation {
  const namedModules = [...explanation.cause.matchAll(moduleVersions)].map(([name]) => moduleNamed(name))
  const sentences = replaceLines(files)
    .filter(({ path, version, newPath, newVersion }) =>
      namedModules.some(
        (one) =>
          (one.path === newPath && one.version === newVersion) ||
          (one.path === path && (version === '' || one.version === version)),
      ),
    )
    .map(
      ({ path, newPath, newVersion }) => `A replace line substitutes ${newPath}@${newVersion} for ${path}.`,
    )
  return { ...explanation, cause: [explanation.cause, ...new Set(sentences.slice(0, 3))].join(' ') }
}
