import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import type { Context } from '../context.ts'
import { go as runGo } from '../project.ts'
import type { Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import type { Side } from '../side.ts'
import { otherTitles } from './others.ts'

export const matrix: Scenario = {
  name: 'matrix',
  does: 'what a matrix of three systems and two versions of Go stores',
  note: 'All legs run here, one after the other: systems and versions are simulated by RUNNER_OS, ImageOS, the values of the matrix and a go command that reports another version, and what they build is the same. A leg of ours that saves nothing, because another one’s entry serves it, is counted as if it had.',
  run: measure,
}

interface Leg {
  readonly os: string
  readonly go: string
}

const legs: readonly Leg[] = ['Linux', 'macOS', 'Windows'].flatMap((os) =>
  ['1.26', '1.25'].map((go) => ({ os, go })),
)

async function measure(context: Context): Promise<readonly Row[]> {
  const { ours, today, project, options, say } = context
  await context.base()
  const commit = await project.commit({ edits: 0, bumps: 0 })
  // The modules are stored already; with an empty cache the first leg would store them.
  const modules = ours.newest('godeps.modules')
  let [builds, theirs] = [0, 0]
  const others = await context.others()
  const otherBytes = new Map(others.map(({ name }) => [name, 0]))
  for (const side of others) {
    await side.forget()
    // Their legs find a full home as well, and store it.
    await side.run({ commit, post: false, hit: true })
  }
  // Legs of `today` find a full home: each would only download and compile the same again.
  await today.run({ commit, post: false, hit: true })
  // Two that differ in both: two of the same system share an entry made by hand.
  const run = options.quick ? legs.filter((_, leg) => leg === 0 || leg === 3) : legs
  for (const { os, go } of run) {
    const spec = {
      ...{ commit, steps: context.steps, matrix: { os, go } },
      env: { ImageOS: `${os}-image` },
      context: { RUNNER_OS: os },
    }
    await ours.run({ ...spec, hit: true })
    // Ours tells the legs apart by the values of the matrix; keys of the others hold the version of Go.
    const folder = await writeGo(path.join(context.folder, 'go', go), go)
    const other = { ...spec, env: { ...spec.env, PATH: `${folder}${path.delimiter}${process.env.PATH}` } }
    builds += ours.newest('godeps.build')
    const before = stored(today)
    await today.run({ ...other, steps: {}, keepHome: true, hit: false })
    theirs += stored(today) - before
    for (const side of others) {
      const was = stored(side)
      await side.run({ ...other, steps: {}, keepHome: true })
      otherBytes.set(side.name, (otherBytes.get(side.name) ?? 0) + stored(side) - was)
    }
    say(`${os}, Go ${go}: done`)
  }
  const parts = { ours: { modules: modules / 1e6, build: builds / 1e6 }, other: { all: theirs / 1e6 } }
  const total = (modules + builds) / 1e6
  const row: Row = {
    name: 'matrix',
    what: `bytes stored for a matrix of ${options.quick ? 'two legs' : '3 × 2'}`,
    ...{ versus: context.todayTitle, unit: 'megabytes', judged: 'ratio', aim: 0.45 },
    pairs: [{ ours: total, other: theirs / 1e6, parts }],
  }
  const { aim: _, ...recorded } = row
  return [
    row,
    ...[...otherBytes].map(([name, bytes]) => ({
      ...recorded,
      ...{ name: `matrix-${name}`, versus: otherTitles[name] ?? name },
      pairs: [{ ours: total, other: bytes / 1e6 }],
    })),
  ]
}

/** Writes a go command that reports another version, and else is the one on PATH. Returns its folder. */
async function writeGo(folder: string, version: string): Promise<string> {
  const real = path.join(await runGo(path.parse(folder).root, {}, 'env', 'GOROOT'), 'bin', 'go')
  mkdirSync(folder, { recursive: true })
  const script = `#!/bin/sh
case "$*" in
version) echo 'go version go${version}.0 linux/amd64' ;;
'env GOVERSION') echo go${version}.0 ;;
*) exec '${real}' "$@" ;;
esac
`
  writeFileSync(path.join(folder, 'go'), script, { mode: 0o755 })
  return folder
}

function stored(side: Side): number {
  return side.service.entries().reduce((sum, { size }) => sum + size, 0)
}
