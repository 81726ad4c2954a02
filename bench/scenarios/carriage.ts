import { mkdirSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { runProcess } from '../../testbed/process.ts'
import { bundle } from '../actions.ts'
import { type Content, isRestored, packRequest, restoreContent } from '../content.ts'
import type { Context } from '../context.ts'
import { loadPack, type Pack } from '../pack.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'

export const carriage: Scenario = {
  name: 'carriage',
  does: 'our archives and our client of the cache service, against @actions/cache with the same directories',
  note: 'Nothing but packing, transfer and unpacking: no lookup of facts, no Go. The content is that of both our entries, without zips.',
  run: measure,
}

/** Saves or restores under a key, and returns the seconds that it took. */
type Carry = (operation: 'save' | 'restore', key: string) => Promise<number>

async function measure(context: Context): Promise<readonly Row[]> {
  const content = await restoreContent(context)
  const folder = path.join(context.folder, 'carriage')
  const { service } = await context.freshSide('ours', 'carriage-side')
  const code = await loadPack(path.join(folder, 'pack'))
  await bundle([path.join(import.meta.dirname, '..', 'carry.ts')], path.join(folder, 'carry'))
  const transfer = (args: readonly string[], cwd: string) =>
    run([path.join(folder, 'carry', 'carry.mjs'), ...args], cwd, service.environment())
  const packed = packedTransfer(code, content, path.join(folder, 'packed'), service.environment())
  const plain = plainTransfer(content, path.join(folder, 'plain'), transfer)
  const pairs: Record<'save' | 'restore', Pair[]> = { save: [], restore: [] }
  for (let pair = 0; pair < context.pairs(2); pair++) {
    for (const operation of ['save', 'restore'] as const) {
      const early = pair % 2 === 0 ? await packed(operation, `packed-${pair}`) : undefined
      const other = await plain(operation, `plain-${pair}`)
      pairs[operation].push({ ours: early ?? (await packed(operation, `packed-${pair}`)), other })
    }
  }
  const common = { versus: 'directories', unit: 'seconds', judged: 'ratio' } as const
  return [
    { name: 'carriage-save', what: 'packing both caches and saving them', ...common, pairs: pairs.save },
    { name: 'carriage-restore', what: 'restoring and unpacking them', ...common, pairs: pairs.restore },
  ]
}

function packedTransfer(
  code: Pack,
  content: Content,
  folder: string,
  cache: Readonly<Record<string, string>>,
): Carry {
  const store = code.githubStore(cache, { restore: 600, save: 600 })
  const saveAll = (key: string) =>
    Promise.all(
      content.halves.map(async (half) => {
        const source = code.entrySource(packRequest(half), Number.POSITIVE_INFINITY)
        const { kind: result } = await store.save(`${key}-${half.kind}`, source, path.join(folder, half.kind))
        if (result !== 'saved') throw new Error(`the entry was not saved: ${result}`)
      }),
    )
  const restoreAll = (key: string) =>
    Promise.all(
      content.halves.map(async ({ kind }) => {
        const directory = path.join(folder, kind)
        const result = await store.restore(`${key}-${kind}`, [], directory)
        if (result.kind !== 'restored') throw new Error(`the entry was not restored: ${result.kind}`)
        await code.unpackEntry({
          ...{ directory: result.entry, stage: path.join(folder, `${kind}-stage`) },
          ...{ readOnly: kind === 'modules', verifyBuildObjects: kind === 'build' },
        })
        await result.entry.done
      }),
    )
  return async (operation, key) => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const start = performance.now()
    if (operation === 'restore') await restoreAll(key)
    else await saveAll(key)
    const seconds = (performance.now() - start) / 1000
    rmSync(folder, { recursive: true, force: true })
    return seconds
  }
}

function plainTransfer(
  content: Content,
  folder: string,
  transfer: (args: readonly string[], cwd: string) => Promise<void>,
): Carry {
  return async (operation, key) => {
    mkdirSync(folder, { recursive: true })
    const directories = [content.gomodcache, content.gocache]
    if (operation === 'restore')
      for (const directory of directories) rmSync(directory, { recursive: true, force: true })
    const start = performance.now()
    await transfer([operation, key, ...directories], folder)
    const seconds = (performance.now() - start) / 1000
    if (!isRestored(content)) throw new Error('the directories were not restored')
    return seconds
  }
}

async function run(
  args: readonly string[],
  cwd: string,
  cache: Readonly<Record<string, string>>,
): Promise<void> {
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, ...cache, GITHUB_WORKSPACE: cwd, RUNNER_TEMP: cwd }
  const { exitCode, stdout, stderr } = await runProcess({ command: process.execPath, args, cwd, env })
  if (exitCode !== 0) throw new Error(`the cache was not reached: ${stdout}${stderr}`)
}
