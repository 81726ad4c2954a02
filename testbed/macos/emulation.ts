/** What the processes of a test get where the tests run in an emulated macOS (`machine.ts`). */

/** Holds the absolute path of the module that makes Node believe in macOS. Only set inside the emulation. */
export const emulationVariable = 'GO_DEPS_EMULATED_MACOS'

/**
 * Returns the variables of every process in the emulation: the runner hands them to its steps, as macOS does to the
 * processes of a user. Empty outside of it.
 */
export function emulatedVariables(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const preload = environment[emulationVariable]
  if (preload === undefined) return {}
  return { NODE_OPTIONS: `--require=${preload}`, TMPDIR: environment.TMPDIR ?? '' }
}
