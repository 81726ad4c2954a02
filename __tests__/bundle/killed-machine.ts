import { mkdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { stagePrefix } from '../../src/cache/stage.ts'
import { entriesOf, filesBelow } from '../../src/platform/files.ts'
import { runProcess } from '../../testbed/process.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { type MadeModule, madeModule, sumLines } from '../golden/modules.ts'
import { processesBelow } from '../harness/processes.ts'
import { killable } from './killable.ts'
import type { Machine } from './shared-machine.ts'

/** The only repository of these machines. */
export const repository = 'org/app'

/** Many small packages without standard library imports: each builds quickly. */
export const modules: readonly MadeModule[] = Array.from({ length: 40 }, (_, index) =>
  madeModule(`example.com/m${index}`, 'v1.0.0', {
    ...Object.fromEntries(
      Array.from({ length: 12 }, (_, part) => [
        `part${part}/text.go`,
        `package part${part}\n\nconst Text = "${String(index * 100 + part).repeat(500)}"\n`,
      ]),
    ),
  }),
)

/** The repository after this many commits. */
export function source(commit: number): Record<string, string> {
  const own = Array.from({ length: 5 }, (_, index) => {
    const imports = modules.filter((_, at) => at % 5 === index).map((one) => `import _ "${one.path}"\n`)
    const text = `${commit}.${index}.`.repeat(500)
    return [
      `own${index}/own.go`,
      `package own${index}\n\n${imports.join('')}\nconst Text = "${text}"\n`,
    ] as const
  })
  return {
    'go.mod': `module example.com/app\n\ngo 1.21\n\n${modules.map((one) => `require ${one.path} ${one.version}\n`).join('')}`,
    'go.sum': modules.map(sumLines).join(''),
    ...Object.fromEntries(own),
  }
}

/** Pseudo-random numbers from 0 to 1, by seed (mulberry32). */
export function randomNumbers(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Builds in a loop with the shared caches until stopped; returns the errors. */
export function liveGo(
  machine: Machine,
  workspace: string,
): { readonly end: () => Promise<readonly string[]> } {
  let goesOn = true
  const failures: string[] = []
  const work = (async () => {
    while (goesOn) {
      const request = { command: 'go', args: ['build', './...'], cwd: workspace, env: machine.environment }
      const { exitCode, stderr } = await runProcess(request)
      if (exitCode !== 0) failures.push(stderr)
    }
  })()
  return {
    end: async () => {
      goesOn = false
      await work
      return failures
    },
  }
}

/** Removes a random part of both caches, by whole modules and single objects. */
export async function makeGaps({ gomodcache, gocache }: Machine, random: () => number): Promise<void> {
  for (const { path: name, version } of modules) {
    if (random() < 0.6) continue
    await removeTree(path.join(gomodcache, 'cache', 'download', name))
    await removeTree(path.join(gomodcache, `${name}@${version}`))
  }
  for (const file of filesBelow(gocache)) {
    // Markers too: a job restores only if its marker is missing.
    if (/go-deps-action/.test(file) || random() < 0.5) await removeTree(path.join(gocache, file))
  }
}

/** Starts two concurrent jobs whose steps can be killed. */
export async function twoJobs({ bed, start }: Machine) {
  return Promise.all(
    ['one', 'two'].map(async (name) => {
      const folder = path.join(bed.folder, `kill-${name}`)
      mkdirSync(folder, { recursive: true })
      const { user, begun } = killable(folder)
      return { ...(await start({ repository, place: `${repository}-${name}`, user })), begun }
    }),
  )
}

/** Stage folders that killed jobs have left. */
export function stages({ gomodcache, gocache }: Machine): readonly string[] {
  return [gomodcache, gocache].flatMap((folder) =>
    entriesOf(folder)
      .filter(({ name }) => name.startsWith(stagePrefix))
      .map(({ name }) => path.join(folder, name)),
  )
}

/** Waits until a job unpacks, and a while longer; or until it ends without unpacking. */
export async function newStage(
  machine: Machine,
  before: readonly string[],
  main: Promise<unknown>,
  longerMs: number,
): Promise<void> {
  let ended = false
  const end = main.then(() => {
    ended = true
  })
  while (!ended && stages(machine).every((stage) => before.includes(stage))) await sleep(2)
  await Promise.race([end, sleep(longerMs)])
}

/** Waits until the child processes of a killed job have ended. */
export async function orphansEnd({ bed }: Machine): Promise<void> {
  const below = () =>
    processesBelow(bed.folder).map((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
    )
  await expect.poll(below, { timeout: 20_000 }).toEqual([])
}
