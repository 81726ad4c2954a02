/**
 * Runs as a separate process: packs and saves, or restores and unpacks, both caches with our archive and our client of
 * the cache service, and nothing around them. Everything that the bench knows of the store is in this file.
 *
 * save CONTENT FOLDER KEY | restore CONTENT FOLDER KEY | pack CONTENT FOLDER | unpack CONTENT FOLDER STAGE
 */
import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { entrySource } from '../src/cache/archive/entry-source.ts'
import { packEntry } from '../src/cache/archive/pack.ts'
import { unpackEntry } from '../src/cache/archive/unpack.ts'
import { githubStore } from '../src/cache/store/github.ts'
import { type Half, packContent, packRequest } from './content.ts'

const [operation = '', contentFile = '', folder = '', last = ''] = process.argv.slice(2)
const { halves } = JSON.parse(readFileSync(contentFile, 'utf8')) as { readonly halves: readonly Half[] }
const store = githubStore(process.env, { restore: 600, save: 600 })

/** What main asks for, apart from the proof of modules. */
function optionsOf(kind: Half['kind']): { readonly readOnly: boolean; readonly verifyBuildObjects: boolean } {
  return { readOnly: kind === 'modules', verifyBuildObjects: kind === 'build' }
}

/** Packs both caches concurrently, as post does. */
async function pack(): Promise<void> {
  await packContent({ packEntry }, { halves }, folder)
}

async function save(half: Half): Promise<void> {
  const source = entrySource(packRequest(half), Number.POSITIVE_INFINITY)
  const { kind: result } = await store.save(`${last}-${half.kind}`, source, path.join(folder, half.kind))
  if (result !== 'saved') throw new Error(`the entry was not saved: ${result}`)
}

async function restore({ kind }: Half): Promise<void> {
  const result = await store.restore(`${last}-${kind}`, [], path.join(folder, kind))
  if (result.kind !== 'restored') throw new Error(`the entry was not restored: ${result.kind}`)
  const { entry } = result
  await unpackEntry({ directory: entry, stage: path.join(folder, `${kind}-stage`), ...optionsOf(kind) })
  await entry.done
}

async function unpack({ kind }: Half): Promise<void> {
  await unpackEntry({ directory: path.join(folder, kind), stage: path.join(last, kind), ...optionsOf(kind) })
}

switch (operation) {
  case 'save':
    await Promise.all(halves.map(save))
    break
  case 'restore':
    await Promise.all(halves.map(restore))
    break
  case 'pack':
    await pack()
    break
  case 'unpack':
    await Promise.all(halves.map(unpack))
    break
  default:
    throw new Error(`there is no operation ${operation}`)
}
