/** What the go command's messages mean. */
import { explainRequest } from './download.ts'
import { type Explainer, type Explanation, moduleNamed, moduleVersions } from './explanation.ts'
import {
  explainAbsentReplacement,
  explainNoModuleLine,
  explainNotRequired,
  explainUnreadable,
  explainUpdatesNeeded,
} from './go-files.ts'
import { explainDisk, explainGoflags } from './machine.ts'
import { explainDoubt, explainMismatch } from './mismatch.ts'
import { type GoFile, replaceLines } from './places.ts'
import { explainInsecureCredentials, explainProxyOff } from './proxy-settings.ts'
import { explainStalled } from './stalled.ts'
import { explainMalformedSum, explainMissingSums } from './sums.ts'
import { explainToolchain, explainToolchainName, explainTooOld } from './toolchain.ts'
import { explainVendorDrift } from './vendor-drift.ts'
import { explainNotVendored, explainVendorOfOtherKind } from './vendor-use.ts'
import { explainGit, explainVersionControl } from './version-control.ts'
import { announced, settled, withoutAnswers, withoutUserinfo } from './words.ts'
import { explainOutsideWorkspace, explainRefusedInWorkspace, explainStaleWorkspace } from './workspaces.ts'

export type { Explanation } from './explanation.ts'
export type { GoFile, Place } from './places.ts'

/**
 * The first that knows a message explains it. What may be an attack comes before everything; a failure that
 * causes another comes before it.
 */
const explainers: readonly Explainer[] = [
  explainMismatch,
  explainDoubt,
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
    text: withoutAnswers(settled(output)),
    announced: announced(output),
    files: context.modules ?? [],
    goproxy: context.goproxy === undefined ? undefined : withoutUserinfo(context.goproxy),
  }
  for (const explain of explainers) {
    const explanation = explain(printed)
    if (explanation !== undefined) return withReplaced(explanation, printed.files)
  }
  return undefined
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
