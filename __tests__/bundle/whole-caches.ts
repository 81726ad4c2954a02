import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { treeHashOf } from '../../src/gofiles/h1.ts'
import { filesBelow } from '../../src/platform/files.ts'
import { type MadeModule, sumLines } from '../golden/modules.ts'

/**
 * Finds corrupt parts of two caches while no go command runs: files that Go would trust, and must not.
 *
 * @param caches absolute paths
 * @param modules those that may be in the module cache; their paths have no capital letters
 */
export function tornIn(
  caches: { readonly gomodcache: string; readonly gocache: string },
  modules: readonly MadeModule[],
): readonly string[] {
  return [
    ...modules.flatMap((module) => tornModule(caches.gomodcache, module)),
    ...tornObjects(caches.gocache),
  ]
}

function tornModule(gomodcache: string, module: MadeModule): readonly string[] {
  const { path: name, version, files } = module
  const prefix = path.join(gomodcache, 'cache', 'download', name, '@v', version)
  const [tree, hash] = [path.join(gomodcache, `${name}@${version}`), sumLines(module).split(/\s/)[2]]
  const torn: string[] = []
  const read = (kind: string) =>
    existsSync(`${prefix}.${kind}`) ? readFileSync(`${prefix}.${kind}`, 'utf8') : undefined
  const ziphash = read('ziphash')
  // Go stops at the first wrong module, and may have created the file of another one without writing to it. It
  // recomputes
  // an invalid hash from the zip (cmd/go/internal/modfetch/fetch.go, checkMod and isValidSum).
  const isHash = ziphash !== undefined && ziphash.length === 47 && !ziphash.includes('\0')
  if (isHash && ziphash !== hash) torn.push(`${name}: ziphash ${ziphash}`)
  // Without one of these Go treats the tree as incomplete, and extracts it again.
  const isBelieved = existsSync(tree) && ziphash !== undefined && read('partial') === undefined
  if (isBelieved && hashOf(tree, `${name}@${version}`) !== hash) torn.push(`${name}: tree`)
  if (![undefined, files['go.mod']].includes(read('mod'))) torn.push(`${name}: mod`)
  const info = read('info')
  if (info !== undefined && !info.includes(`"Version":"${version}"`)) torn.push(`${name}: info ${info}`)
  return torn
}

function hashOf(tree: string, name: string): string {
  const files = filesBelow(tree).map((file) => ({
    name: `${name}/${file}`,
    sha256: sha256(path.join(tree, file)),
  }))
  return treeHashOf(files)
}

function tornObjects(gocache: string): readonly string[] {
  return filesBelow(gocache).flatMap((file) => {
    const [, id, kind] = /^[0-9a-f]{2}\/([0-9a-f]{64})-([ad])$/.exec(file) ?? []
    const place = path.join(gocache, file)
    if (kind === 'd') return sha256(place).toString() === id ? [] : [`${file}: other content`]
    if (kind !== 'a') return []
    const text = readFileSync(place, 'latin1')
    const [, named, output = '', size] = /^v1 ([0-9a-f]{64}) ([0-9a-f]{64}) +(\d+) +\d+\n$/.exec(text) ?? []
    if (named !== id || text.length !== 175) return [`${file}: ${JSON.stringify(text)}`]
    const data = path.join(gocache, output.slice(0, 2), `${output}-d`)
    // Without its data it is a miss for Go.
    return !existsSync(data) || lstatSync(data).size === Number(size)
      ? []
      : [`${file}: data of another length`]
  })
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
