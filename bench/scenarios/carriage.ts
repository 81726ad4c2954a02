import { mkdirSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { runProcess } from '../../testbed/process.ts'
import { bundle } from '../actions.ts'
import { type Content, isRestored, packContent, restoreContent } from '../content.ts'
import type { Context } from '../context.ts'
import { loadPack, type Pack } from '../pack.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'

export const carriage: Scenario = {
  name: 'carriage',
  does: 'our archives carried by @actions/cache as files, against the same directories handed to it',
  note: 'Nothing but packing, carrying and unpacking: no lookup of facts, no Go. The content is that of both our entries, without zips.',
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
  const packed = packedTransfer(code, content, path.join(folder, 'packed'), transfer)
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
  transfer: (args: readonly string[], cwd: string) => Promise<void>,
): Carry {
  const kinds = content.halves.map(({ kind }) => kind)
  const transferAll = (operation: string, key: string) =>
    Promise.all(kinds.map((kind) => transfer([operation, `${key}-${kind}`, kind], folder)))
  const unpackAll = () =>
    Promise.all(
      kinds.map((kind) =>
        code.unpackEntry({
          ...{ directory: path.join(folder, kind), stage: path.join(folder, `${kind}-stage`) },
          ...{ readOnly: kind === 'modules', verifyBuildObjects: kind === 'build' },
        }),
      ),
    )
  return async (operation, key) => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const start = performance.now()
    if (operation === 'save') await packContent(code, content, folder)
    await transferAll(operation, key)
    if (operation === 'restore') await unpackAll()
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
