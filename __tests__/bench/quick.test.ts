import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Results } from '../../bench/results.ts'
import { summarize } from '../../bench/rows.ts'
import { scenarios } from '../../bench/scenarios/all.ts'
import { isFull } from '../harness/extent.ts'
import { temporaryFolder } from '../temporary.ts'

const main = path.resolve(import.meta.dirname, '../../bench/main.ts')
const start = promisify(execFile)

/** Rows against the other set-ups that users have. */
function against(row: string): readonly string[] {
  return ['cache-go', 'two-entries'].map((name) => `${row}-${name}`)
}

/** Rows that each scenario must produce. */
const rows: Readonly<Record<string, readonly string[]>> = {
  startup: ['startup-main', 'startup-nothing', 'startup-post'],
  pack: ['pack-pack', 'pack-unpack', 'pack-size'],
  unchanged: ['unchanged', ...against('unchanged'), 'post-idle'],
  edited: ['edited', ...against('edited')],
  bump: ['bump', ...against('bump')],
  growth: ['growth'],
  tests: ['tests'],
  matrix: ['matrix', ...against('matrix')],
  caddy: ['caddy'],
  proof: ['proof-restore', 'proof-alone'],
  carriage: [
    ...['', '-unshaped'].flatMap((link) => [`carriage-save${link}`, `carriage-restore${link}`]),
    'carriage-limit',
  ],
  levels: [1, 6, 9].flatMap((level) => [
    `level-${level}-size`,
    `level-${level}-pack`,
    `level-${level}-unpack`,
  ]),
  threads: ['threads-1', 'threads-4'],
  creation: [
    'creation-unpack',
    'creation-memory',
    ...[2, 4, 8].map((threads) => `creation-threads-${threads}`),
    ...[1, 16, 4096].map((directories) => `creation-directories-${directories}`),
  ],
  zips: ['zips-size', 'zips-restore'],
  vendored: ['vendored'],
  memory: process.platform === 'linux' ? ['memory-save', 'memory-restore'] : [],
  bytes:
    process.platform === 'linux'
      ? ['', '-today'].flatMap((side) => [`bytes-restore${side}`, `bytes-save${side}`])
      : [],
  bundle: [
    'bundle-make',
    'bundle-make-zstd',
    'bundle-use',
    'bundle-use-usual',
    ...(process.platform === 'linux' ? ['bundle-memory'] : []),
  ],
}

test('the table lists every scenario', () => {
  expect(scenarios.map(({ name }) => name)).toEqual(Object.keys(rows))
})

/** All of them take up to ten minutes. */
const chosen = isFull ? Object.keys(rows) : ['startup', 'pack']

test(`the quick form measures ${chosen.length} scenarios, and all their jobs succeed`, {
  timeout: 1_800_000,
}, async () => {
  const json = path.join(temporaryFolder(), 'results.json')
  const args = [main, '--quick', '--json', json, ...chosen]
  const { stdout } = await start(process.execPath, args, { maxBuffer: 2 ** 26 })
  const results = JSON.parse(readFileSync(json, 'utf8')) as Results
  expect(results.rows.map(({ name }) => name)).toEqual(chosen.flatMap((name) => rows[name]))
  for (const row of results.rows) {
    const { median } = summarize(row)
    expect(median, row.name).toBeGreaterThan(0)
    expect(median, row.name).toBeLessThan(Number.POSITIVE_INFINITY)
    expect(stdout).toContain(row.what)
  }
})

test('an unknown option ends the bench with its name, before anything is measured', async () => {
  const failed = await start(process.execPath, [main, '--slow']).catch((error: unknown) => error)
  expect(failed).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining("'--slow'") })
})
