/** What the go command's messages mean. */

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
 * The first that knows a message explains it. What may be an attack comes before everything; a failure that
 * causes another comes before it.
 */
const explainers: readonly Explainer[] = [
  explainMismatch,
  explainSecurityError,
  explainGoflags,
  explainStalled,
  explainToolchain,
  explainToolchainName,
  explainTooOld,
  explainUnreadable,
  explainNoModuleLine,
  explainMalformedSum,
  explainStaleWorkspace,
  explainOutsideWorkspace,
  explainRefusedInWorkspace,
  explainVendorOfOtherKind,
  explainVendorDrift,
  explainNotVendored,
  explainAbsentReplacement,
  explainDisk,
  explainProxyOff,
  explainInsecureCredentials,
  explainGit,
  explainRequest,
  explainVersionControl,
  explainMissingSums,
  explainUpdatesNeeded,
  explainNotRequired,
]

/**
 * Explains why a go command failed.
 *
 * @param output standard error of the go command
 * @param context `modules`: the go.mod files of the run, and go.work if there is one, to find the lines that
 *   are to blame; `goproxy`: GOPROXY of the run
 * @returns undefined for a message that is not known: then Go's own words have to do
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
  for (const explain of explainers) {
    const explanation = explain(printed)
    if (explanation !== undefined) return withReplaced(explanation, printed.files)
  }
  return undefined
}

/** Those of messages that a module's own files are the reason of, whatever the network does. */
const ofFiles: readonly Explainer[] = [
  explainTooOld,
  explainUnreadable,
  explainNoModuleLine,
  explainMalformedSum,
  explainStaleWorkspace,
  explainOutsideWorkspace,
  explainVendorOfOtherKind,
  explainVendorDrift,
  explainNotVendored,
  explainAbsentReplacement,
  explainMissingSums,
  explainUpdatesNeeded,
  explainNotRequired,
]

/**
 * Whether a go command failed because of what a module's own files say, or lack: so it does on every machine.
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
  const first = explainers.find((explain) => explain(printed) !== undefined)
  if (first === explainToolchain)
    return /toolchain not available|cannot find "go\S+" in PATH/.test(printed.text)
  return first !== undefined && ofFiles.includes(first)
}

/** Go names the module that is required, or what stands in its place: a sentence names the other one. */
function withReplaced(explanation: Explanation, files: readonly GoFile[]): Explanation {
  const named = [...explanation.cause.matchAll(moduleVersions)].map(([name]) => moduleNamed(name))
  const sentences = replaceLines(files)
    .filter(({ path, version, newPath, newVersion }) =>
      named.some(
        (one) =>
          (one.path === newPath && one.version === newVersion) ||
          (one.path === path && (version === '' || one.version === version)),
      ),
    )
    .map(
      ({ path, newPath, newVersion }) =>
        `A replace line puts ${newPath}@${newVersion} in the place of ${path}.`,
    )
  return { ...explanation, cause: [explanation.cause, ...new Set(sentences.slice(0, 3))].join(' ') }
}
