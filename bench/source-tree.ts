import { mkdirSync, writeFileSync } from 'node:fs'
import type { PackUnit } from '../src/cache/archive/units.ts'

/** A generated module cache: as many files, as long and as compressible as those of real modules. */
export interface SourceTree {
  readonly units: readonly PackUnit[]
  readonly files: number
  readonly bytes: number
}

/** Sizes of Go source files are about log-normal: half are under 4 KB, the mean is over 13 KB. */
const size = { median: 4000, spread: 1.55, largest: 3_000_000 }

/**
 * Writes a tree that is the same on every machine.
 *
 * @param base absolute path of an empty folder
 * @param files number of files
 */
export function writeSourceTree(base: string, files: number): SourceTree {
  const random = randomNumbers(1)
  const text = sourceText(random, (files < 5000 ? 8 : 64) * 1024 * 1024)
  const units: PackUnit[] = []
  let [written, bytes] = [0, 0]
  while (written < files) {
    const root = `example.com/owner${units.length % 40}/module${units.length}@v1.${units.length % 7}.0`
    units.push({ name: root, roots: [root] })
    const end = Math.min(files, written + 5 + Math.floor(270 * random() ** 2))
    for (let directory = root; written < end; written++) {
      if (directory === root || random() < 0.12) {
        directory = random() < 0.5 ? `${root}/package${written}` : `${directory}/internal${written}`
        mkdirSync(`${base}/${directory}`, { recursive: true })
      }
      const length = Math.min(
        size.largest,
        Math.floor(size.median * Math.exp(size.spread * gaussian(random))),
      )
      const start = Math.floor(random() * (text.length - length))
      writeFileSync(`${base}/${directory}/file${written}.go`, text.subarray(start, start + length))
      bytes += length
    }
  }
  return { units, files, bytes }
}

/**
 * Lines of text. Like code, they repeat themselves, and few words make up most of them.
 *
 * @param length in bytes
 */
export function sourceText(random: () => number, length: number): Buffer {
  const letters = 'etaoinshrdlucmfwypvbgkjqxz'
  const pick = <T>(list: readonly T[], skew: number) => list[Math.floor(list.length * random() ** skew)] as T
  const word = () =>
    Array.from({ length: 2 + Math.floor(random() * 10) }, () => pick([...letters], 2)).join('')
  const words = Array.from({ length: 20_000 }, word)
  const line = () => {
    const indent = '\t'.repeat(Math.floor(random() * 4))
    return `${indent}${Array.from({ length: 1 + Math.floor(random() * 8) }, () => pick(words, 3)).join(pick([' ', '.', '('], 2))}\n`
  }
  const buffer = Buffer.alloc(length)
  const recent = Array.from({ length: 200 }, line)
  for (let filled = 0; filled < buffer.length; ) {
    if (random() < 0.3) recent[Math.floor(random() * recent.length)] = line()
    filled += buffer.write(pick(recent, 1), filled, 'latin1')
  }
  return buffer
}

/** Mulberry32: numbers from 0 to 1 that depend on the seed only. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
