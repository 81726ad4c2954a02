import * as path from 'node:path'
import { pathVariable } from '../system/environment.ts'
import { type Ran, run } from '../system/run.ts'
import { debug } from '../system/runner.ts'

/** A go command that reaches no network for modules. */
export interface SealedGo {
  /** Absolute path of the folder of a Go that is put in front of PATH; undefined for the one that is there. */
  readonly bin: string | undefined
  /** Variables in place of, or besides, those of this process. */
  readonly variables: Readonly<Record<string, string>>
  /** What takes the network from a command, in front of it; empty where only the variables do. */
  readonly prefix: readonly string[]
}

/**
 * Runs a go command that fetches nothing.
 *
 * @param go how it is kept off the network
 * @param args the arguments after `go`
 * @param cwd where it runs
 * @throws Error when there is no go command
 */
export async function runSealed(go: SealedGo, args: readonly string[], cwd: string): Promise<Ran> {
  const program = go.bin === undefined ? 'go' : path.join(go.bin, 'go')
  const [command = program, ...rest] = [...go.prefix, program, ...args]
  const before = go.bin === undefined ? {} : pathVariable(go.bin)
  const ran = await run(command, rest, { cwd, environment: { ...go.variables, ...before } })
  if (ran === undefined) throw new Error(`there is no \`${command}\` any more`)
  debug(`${[command, ...rest].join(' ')}: exit code ${ran.code} after ${ran.seconds.toFixed(2)} s`)
  return ran
}
