import { GoEnv } from '../src/gocmd/go-env.ts'

/**
 * Returns the environment of go commands in a test: the variables of the test process, stubbed ones included.
 *
 * @param changes variables to add or replace; undefined removes one
 */
export function testEnv(changes: Readonly<Record<string, string | undefined>> = {}): GoEnv {
  return GoEnv.read({ ...process.env, ...changes })
}

/** Returns the variables by which programs are found: on Windows also the extensions of their names. */
export function programVariables(): { readonly PATH: string; readonly PATHEXT?: string } {
  const { PATH = '', PATHEXT } = process.env
  return PATHEXT === undefined ? { PATH } : { PATH, PATHEXT }
}
