import * as path from 'node:path'
import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import type { Root } from '../modules/roots.ts'
import { isFile } from '../system/files.ts'
import { readRoots } from './modules.ts'
import { findPlaces } from './places.ts'
import type { Settings } from './settings.ts'
import { goWorkFor } from './workspaces.ts'

/** What the files of the checkout say; there may be no Go yet. */
export interface Checkout {
  /** Absolute path of the checkout. */
  readonly workspace: string
  /** Empty when there is no Go module. */
  readonly roots: readonly Root[]
  /** Modules that are left out, because a go.work above does not use them: paths relative to the checkout. */
  readonly leftOut: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * Looks at the modules of the checkout.
 *
 * @param inputs which of them are meant
 * @param workspace absolute path of the checkout
 * @param settings what the variables of the go command are set to
 * @param goflags GOFLAGS as it will be
 */
export async function lookAtCheckout(
  inputs: Pick<Inputs, 'working-directory' | 'modules'>,
  workspace: string,
  settings: Settings,
  goflags: string,
): Promise<Checkout> {
  const gowork = settings('GOWORK')
  const found = await findPlaces(inputs, workspace, gowork === 'off')
  const places = found.directories.map((directory) => ({
    directory,
    goWork: goWorkFor(directory, gowork),
    named: found.named.includes(directory),
  }))
  const read = readRoots(places, workspace, goflags)
  return {
    workspace,
    roots: read.roots,
    leftOut: read.leftOut,
    problems: [...found.problems, ...goworkProblems(gowork), ...read.problems],
  }
}

/** cmd/go/internal/modload/init.go, FindGoWork and loadWorkFile: with such a value every go command fails. */
function goworkProblems(gowork: string): readonly Problem[] {
  if (['', 'auto', 'off'].includes(gowork)) return []
  const isAbsolute = path.isAbsolute(gowork)
  if (isAbsolute && isFile(gowork)) return []
  return [
    {
      what: `GOWORK is "${gowork}"${isAbsolute ? ', and there is no such file' : ''}`,
      allowed: 'the absolute path of a go.work file, `auto` or `off`',
      mend: 'Correct the variable, or take it away.',
    },
  ]
}
