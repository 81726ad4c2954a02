import * as path from 'node:path'
import { outputPathOrTempFault } from '../checkout/index.ts'
import type { Problem } from '../errors.ts'
import { isLocalReplacement } from '../gofiles/module-path.ts'
import { requiredPaths } from '../gofiles/requirements.ts'
import type { Root } from '../gofiles/roots.ts'
import { variableOf } from '../inputs/index.ts'
import type { Job } from '../job.ts'
import type { Variables } from '../platform/environment.ts'
import { isFile, isWithin, realPath } from '../platform/files.ts'
import { privateAmong, privateProblems } from './select.ts'

/** Reports whether the step only checks a bundle (input `bundle-check`). */
export function isBundleCheck(variables: Variables): boolean {
  return (variables[variableOf('bundle-check')] ?? '').trim() !== ''
}

/** Returns the problems that prevent the requested bundle; empty when none is requested. */
export function bundleOutputProblems({
  inputs,
  roots,
  privateModules,
  workspace,
  env,
}: Pick<Job, 'inputs' | 'roots' | 'privateModules' | 'workspace' | 'env'>): readonly Problem[] {
  const output = inputs['bundle-output']
  if (output === '') return []
  const fault = outputPathOrTempFault(workspace, env.variable('RUNNER_TEMP'), path.resolve(workspace, output))
  return [
    ...(fault === undefined
      ? []
      : [
          {
            what: `Input \`bundle-output\` is ${JSON.stringify(output)}, and ${fault}`,
            allowed: 'the path of a file in the checkout or below RUNNER_TEMP, whose name ends in `.tar.zst`',
            fix: 'Name a file such as `out/deps.bundle.tar.zst` or `${{ runner.temp }}/deps.bundle.tar.zst`.',
          },
        ]),
    ...privateProblems(privateAmong(roots, privateModules), inputs['bundle-private']),
    ...roots.flatMap((root) => localProblems(root, realPath(workspace))),
  ]
}

/**
 * Finds local modules that a bundle cannot replace. Modules outside the checkout are neither in a bundle nor in another
 * checkout.
 */
function localProblems(root: Root, workspace: string): readonly Problem[] {
  const required = requiredPaths(root)
  const replaced = [
    ...(root.goWork?.replace ?? []).map((one) => ({ ...one, from: root.directory })),
    ...root.modules.flatMap(({ goMod, directory }) =>
      goMod.replace.map((one) => ({ ...one, from: directory })),
    ),
  ]
  return [
    ...root.modules
      .filter(({ directory }) => !isWithin(workspace, realPath(directory)))
      .map(({ directory }) => outside(`go.work uses ${directory}`)),
    ...replaced
      .filter(
        ({ path: replacedPath, newPath }) =>
          isLocalReplacement(newPath) && required?.has(replacedPath) !== false,
      )
      .flatMap(({ path: replacedPath, newPath, from }) => {
        const what = `\`replace ${replacedPath} => ${newPath}\``
        const directory = realPath(path.resolve(from, newPath))
        if (!isWithin(workspace, directory)) return [outside(`${what} points to a directory`)]
        return isFile(path.join(directory, 'go.mod')) ? [] : [empty(what, newPath)]
      }),
  ]
}

function outside(what: string): Problem {
  return {
    what: `${what} outside the checkout, and a bundle holds no local directories`,
    allowed: '',
    fix: 'Move the directory into the checkout, or require a version of the module.',
  }
}

function empty(what: string, directory: string): Problem {
  return {
    what: `${what} points to ${directory}, which has no go.mod, so builds would fail with the bundle`,
    allowed: '',
    fix: 'Check out that directory as well, or remove the line.',
  }
}
