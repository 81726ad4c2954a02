import * as path from 'node:path'
import type { Problem } from '../inputs/problem.ts'
import type { Root } from '../modules/roots.ts'
import { goFlagValue, modfileOf } from '../modules/settings/goflags.ts'
import { isFile, readText } from '../system/files.ts'

/**
 * Says why the go command cannot read the file of -overlay (`go help build`).
 *
 * @param roots where the go command is to run
 */
export function overlayProblems(roots: readonly Root[], goflags: string): readonly Problem[] {
  const overlay = goFlagValue(goflags, 'overlay') ?? ''
  if (overlay === '') return []
  const problems = roots.flatMap(({ directory, label }) => overlayProblem(overlay, directory, label))
  // Of an absolute name each root would say the same.
  return problems.filter(({ what }, index) => problems.findIndex((one) => one.what === what) === index)
}

/**
 * Says why the go command cannot read the file of -modfile (cmd/go/internal/modload/init.go, Init).
 *
 * @param directory absolute path of the module
 * @param label its path as users know it
 */
export function modfileProblems(directory: string, label: string, goflags: string): readonly Problem[] {
  const given = modfileOf(goflags)
  if (given === undefined) return []
  const file = path.resolve(directory, given)
  if (!file.endsWith('.mod')) {
    return [
      problem(
        `GOFLAGS holds -modfile=${given}, and the go command refuses a name that does not end in .mod`,
        'Rename the file, such as to `tools.mod`, and name it so in -modfile.',
      ),
    ]
  }
  if (isFile(file)) return []
  return [
    problem(
      `GOFLAGS holds -modfile=${given}, and there is no such file${from(given, label)}`,
      'Correct the name in GOFLAGS, or take -modfile out.',
    ),
  ]
}

function overlayProblem(given: string, directory: string, label: string): readonly Problem[] {
  const text = readText(path.resolve(directory, given))
  if (text === undefined) {
    return [
      problem(
        `GOFLAGS holds -overlay=${given}, and there is no such file${from(given, label)}`,
        'Correct the name in GOFLAGS, or make the file in a step before this one.',
      ),
    ]
  }
  try {
    JSON.parse(text)
    return []
  } catch {
    return [
      problem(
        `GOFLAGS holds -overlay=${given}, and that file is not JSON`,
        'Write it as in `{"Replace": {"a.go": "/path/to/other.go"}}`.',
      ),
    ]
  }
}

function from(given: string, label: string): string {
  return path.isAbsolute(given) ? '' : ` in ${label === '.' ? 'the directory of the module' : label}`
}

function problem(what: string, mend: string): Problem {
  return { what, allowed: '', mend }
}
