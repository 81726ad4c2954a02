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

/** Whether the step only has to check whether a bundle is enough. */
export function isBundleCheck(variables: Variables): boolean {
  return (variables[variableOf('bundle-check')] ?? '').trim() !== ''
}

/** Returns why no bundle can be made of this checkout, if one is requested. */
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
 * Finds local modules that a bundle cannot replace. Those outside of the checkout are in no bundle and in no other
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
        if (!isWithin(workspace, directory)) return [outside(`${what} leads`)]
        return isFile(path.join(directory, 'go.mod')) ? [] : [empty(what, newPath)]
      }),
  ]
}

function outside(what: string): Problem {
  return {
    what: `${what} out of the checkout, and \`bundle-output\` cannot carry what lies there to another machine`,
    allowed: '',
    fix: 'Move the directory into the checkout, or require a version of the module.',
  }
}

function empty(what: string, directory: string): Problem {
  return {
    what: `${what} names ${directory}, where there is no go.mod, so no build would work with the bundle`,
    allowed: '',
    fix: 'Check that directory out, too, or take the line away.',
  }
}
