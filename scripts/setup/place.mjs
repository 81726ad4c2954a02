// Where things are, and the environment every child process starts from.
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root: absolute, no trailing separator. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Everything that set-up installs and tests report lands here; git ignores it. */
export const tools = join(root, '.tools')

/** The suffix of a program's file name on this platform. */
export const exe = process.platform === 'win32' ? '.exe' : ''

const homeVariable = process.platform === 'win32' ? 'USERPROFILE' : 'HOME'

/**
 * The caller's environment with a home folder that can be used. npm, Go and git all refuse to work without
 * one, and containers often come with an empty, missing or foreign HOME: `.tools/home` stands in for it.
 * @param {NodeJS.ProcessEnv} environment the caller's environment, not changed
 * @returns {NodeJS.ProcessEnv}
 */
export function withUsableHome(environment) {
  if (isUsableFolder(environment[homeVariable])) return environment
  const home = join(tools, 'home')
  mkdirSync(home, { recursive: true })
  return { ...environment, [homeVariable]: home }
}

/**
 * Whether `withUsableHome` had to make up a home: Go's caches are then inside the clone.
 * @param {NodeJS.ProcessEnv} environment
 */
export function hasMadeUpHome(environment) {
  return environment[homeVariable] === join(tools, 'home')
}

/**
 * The environment with folders put first on PATH.
 * @param {NodeJS.ProcessEnv} environment not changed
 * @param {readonly string[]} folders absolute paths, most important first
 * @returns {NodeJS.ProcessEnv}
 */
export function withPath(environment, folders) {
  // Windows spells it Path; a second spelling beside it would make the winner a matter of luck.
  const name = Object.keys(environment).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { ...environment, [name]: [...folders, environment[name]].filter(Boolean).join(delimiter) }
}

/**
 * @param {string} name of a program, as outside of Windows
 * @param {NodeJS.ProcessEnv} environment
 */
export function isOnPath(name, environment) {
  return (environment.PATH ?? '').split(':').some((one) => existsSync(join(one, name)))
}

/** @param {string | undefined} folder */
function isUsableFolder(folder) {
  if (!folder) return false
  try {
    accessSync(folder, constants.W_OK)
    return statSync(folder).isDirectory()
  } catch {
    return false
  }
}
