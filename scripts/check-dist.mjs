// Compares the committed bundles with what the sources build to, byte by byte.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildAction } from './build.mjs'
import { root } from './setup/place.mjs'

const committed = join(root, 'dist')
const temporary = await mkdtemp(join(tmpdir(), 'dist-'))
try {
  const fresh = join(temporary, 'dist')
  const isBuilt = await buildAction(fresh)
  const names = new Set([...(await list(committed)), ...(await list(fresh))])
  const differing = []
  for (const name of [...names].sort()) {
    const [left, right] = await Promise.all([read(join(committed, name)), read(join(fresh, name))])
    if (!left || !right || !left.equals(right)) differing.push(name)
  }
  if (!isBuilt) process.exitCode = 1
  else if (differing.length > 0) {
    process.stderr.write(`dist is not what src builds to: ${differing.join(', ')}; npm run fix rebuilds it\n`)
    process.exitCode = 1
  }
} finally {
  await rm(temporary, { recursive: true, force: true })
}

/** @param {string} folder */
async function list(folder) {
  return readdir(folder).catch(() => [])
}

/** @param {string} file */
async function read(file) {
  return readFile(file).catch(() => undefined)
}
