import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './place.mjs'
import { npm, quiet, say } from './process.mjs'

/**
 * Installs a folder's npm packages exactly as its lock file says, unless the installed ones came from the very
 * same lock file: its hash is kept beside them, because time stamps lie after a checkout or a restored cache.
 * Install scripts stay off: nothing here needs them.
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} [folder] absolute; holds package.json and package-lock.json
 * @param {readonly string[]} [flags] of npm, such as those for another system; always the same for one folder
 * @throws {import('./process.mjs').SetupError} when npm fails
 */
export function ensurePackages(environment, folder = root, flags = []) {
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  const stamp = join(folder, 'node_modules', '.installed-from')
  if (readOr(stamp) === wanted) return
  const name = relative(root, folder)
  say(`npm packages${name && ` of ${name}`} ...`)
  npm(['ci', '--ignore-scripts', ...flags, ...quiet, '--prefix', folder], environment)
  writeFileSync(stamp, wanted)
}

/** @param {string} file */
function readOr(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
