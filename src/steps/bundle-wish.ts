import * as path from 'node:path'
import type { Facts } from '../facts/facts.ts'
import type { Problem } from '../inputs/problem.ts'
import { variableOf } from '../inputs/read.ts'
import { isLocalReplacement } from '../modules/module-path.ts'
import { requiredPaths } from '../modules/needed.ts'
import type { Root } from '../modules/roots.ts'
import { privateAmong, privateProblems } from '../plan/bundle.ts'
import { environment } from '../system/environment.ts'
import { isFile, isWithin, realPath } from '../system/files.ts'
import { placeFaultOrTemporary } from './place-fault.ts'

/** Whether the step is only to say whether a bundle is enough. */
export function isBundleCheck(): boolean {
  return (environment()[variableOf('bundle-check')] ?? '').trim() !== ''
}

/** Says why no bundle is made of this checkout, if one is asked for. */
export function bundleOutputProblems({
  inputs,
  roots,
  privateModules,
  workspace,
}: Pick<Facts, 'inputs' | 'roots' | 'privateModules' | 'workspace'>): readonly Problem[] {
  const output = inputs['bundle-output']
  if (output === '') return []
  const { RUNNER_TEMP: temporary = '' } = environment()
  const fault = placeFaultOrTemporary(workspace, temporary, path.resolve(workspace, output))
  return [
    ...(fault === undefined
      ? []
      : [
          {
            what: `Input \`bundle-output\` is ${JSON.stringify(output)}, and ${fault}`,
            allowed: 'the path of a file in the checkout or below RUNNER_TEMP, whose name ends in `.tar.zst`',
            mend: 'Name a file such as `out/deps.bundle.tar.zst` or `${{ runner.temp }}/deps.bundle.tar.zst`.',
          },
        ]),
    ...privateProblems(privateAmong(roots, privateModules), inputs['bundle-private']),
    ...roots.flatMap((root) => localProblems(root, realPath(workspace))),
  ]
}

/** Modules that lie beside the checkout are in no bundle and in no other checkout; those inside are in each. */
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
    mend: 'Move the directory into the checkout, or require a version of the module.',
  }
}

function empty(what: string, directory: string): Problem {
  return {
    what: `${what} names ${directory}, where there is no go.mod, so no build would work with the bundle`,
    allowed: '',
    mend: 'Check that directory out, too, or take the line away.',
  }
}
