import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import type { Context } from '../context.ts'
import { loadPack, type Run, runOurs, runTar } from '../pack.ts'
import type { Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { writeSourceTree } from '../source-tree.ts'

export const pack: Scenario = {
  name: 'pack',
  does: 'our archive against `tar` and `zstd -3 -T0`, without anything around it',
  note: 'Made-up files, as many, as long and as compressible as those of a module cache.',
  run: measure,
}

async function measure({ folder, options, pairs: count }: Context): Promise<readonly Row[]> {
  const place = path.join(folder, 'pack')
  const base = path.join(place, 'tree')
  mkdirSync(base, { recursive: true })
  const tree = writeSourceTree(base, options.quick ? 1000 : 20_000)
  const code = await loadPack(path.join(place, 'bundle'))
  const ours = () => runOurs(code, place, base, tree)
  const runs: { readonly ours: Run; readonly theirs: Run }[] = []
  await ours()
  for (let pair = 0; pair < count(5); pair++) {
    const early = pair % 2 === 0 ? await ours() : undefined
    const theirs = runTar(place, base)
    runs.push({ ours: early ?? (await ours()), theirs })
  }
  const versus = 'tar with zstd'
  const row = (name: keyof Run, what: string): Row => ({
    ...{ name: `pack-${name}`, what, versus, unit: 'seconds', judged: 'ratio' },
    pairs: runs.map((run) => ({ ours: run.ours[name], other: run.theirs[name] })),
  })
  return [
    row('pack', `packing ${tree.files} files`),
    row('unpack', 'unpacking them'),
    {
      ...{ name: 'pack-size', what: 'the archive', versus, unit: 'megabytes', judged: 'ratio' },
      pairs: runs.map((run) => ({ ours: run.ours.size / 1e6, other: run.theirs.size / 1e6 })),
    },
  ]
}
