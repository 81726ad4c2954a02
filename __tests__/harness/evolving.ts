import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { writeFiles } from '../temporary.ts'
import { evolving } from './bed.ts'

/** A commit to the fixture `evolving`. */
export interface Commit {
  readonly title: string
  /** Import paths of packages that are compiled from other code after it; one that ends in `/` is a module's. */
  readonly edited: readonly string[]
  /** Changes the checkout at `folder`. */
  readonly apply: (folder: string) => void
  /** A dependency that has another version after it. */
  readonly bump?: { readonly module: string; readonly from: string }
}

const module = 'example.com/evolving'
/** Packages that nothing but the command imports. */
const leaves = ['color', 'config', 'measure', 'pool']
const packages = ['base', 'compare', 'manifest', 'render', 'report', 'store', 'cmd/evolving', ...leaves]
/** Packages whose tests read files, which are new in every checkout. */
export const readers = ['config', 'manifest', 'render'].map((name) => `${module}/${name}`)
const bumps = [
  ['golang.org/x/sync', 'v0.10.0', 'v0.11.0'],
  ['github.com/google/go-cmp', 'v0.6.0', 'v0.7.0'],
  ['github.com/rivo/uniseg', 'v0.4.6', 'v0.4.7'],
  ['github.com/pelletier/go-toml/v2', 'v2.2.3', 'v2.2.4'],
  ['golang.org/x/sync', 'v0.11.0', 'v0.12.0'],
] as const

/** Length of the text that makes each package weigh something beside the standard library. */
const weight = 400_000

/** Makes a checkout of the fixture ready: the go.sum of its first state, and packages with some weight. */
export function begin(folder: string): void {
  writeSums(folder)
  for (const name of [...packages, 'attic']) {
    const text = noise(name, weight)
    writeFiles(folder, { [`${name}/weight.go`]: `package ${clause(name)}\n\nvar Weight = "${text}"\n` })
  }
}

/**
 * A history of the fixture, the same for the same numbers: edits, each kind of them once before any comes again;
 * bumps of one dependency each, one after the other; edits again.
 *
 * @param counts `bumps`: at most five
 */
export function history(
  seed: number,
  counts: { readonly before: number; readonly bumps: number; readonly after: number },
): readonly Commit[] {
  const random = createRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const kinds = shuffled([leafEdit, baseEdit, deadCode, newFile, deletion, testData], random)
  const repeatable = kinds.filter((kind) => kind !== deletion)
  const numbers = Array.from({ length: counts.before + counts.after }, (_, index) => index + 1)
  const edits = numbers.map((number) => (kinds[number - 1] ?? pick(repeatable))(number, pick))
  return [
    ...edits.slice(0, counts.before),
    ...bumps.slice(0, counts.bumps).map(([name, from, to]) => bump(name, from, to)),
    ...edits.slice(counts.before),
  ]
}

type Pick = <T>(items: readonly T[]) => T

function leafEdit(_: number, pick: Pick): Commit {
  const name = pick(leaves)
  return { title: `one line in ${name}`, ...anotherRevision(name) }
}

function baseEdit(): Commit {
  return { title: 'one line in a package that half of the others import', ...anotherRevision('base') }
}

function anotherRevision(name: string): Omit<Commit, 'title'> {
  return {
    edited: [`${module}/${name}`],
    apply: (folder) =>
      replace(folder, mainFile(name), /(?<=const revision = )\d+/, (number) => `${Number(number) + 1}`),
  }
}

function deadCode(number: number, pick: Pick): Commit {
  const name = pick(packages)
  const code = `\n// unused${number} is never called.\nfunc unused${number}() int {\n\treturn ${number}\n}\n`
  return {
    title: `dead code in ${name}`,
    edited: [`${module}/${name}`],
    apply: (folder) => appendFileSync(path.join(folder, mainFile(name)), code),
  }
}

function newFile(number: number, pick: Pick): Commit {
  const name = pick(packages)
  const text = `package ${clause(name)}\n\n// Number${number} is new.\nconst Number${number} = ${number}\n`
  return {
    title: `a new file in ${name}`,
    edited: [`${module}/${name}`],
    apply: (folder) => writeFiles(folder, { [`${name}/number${number}.go`]: text }),
  }
}

function deletion(): Commit {
  return {
    title: 'a package is gone, and store does without it',
    edited: [`${module}/attic`, `${module}/store`],
    apply: (folder) => {
      rmSync(path.join(folder, 'attic'), { recursive: true, maxRetries: 5 })
      replace(folder, mainFile('store'), /\n.*evolving\/attic"/, () => '')
      replace(folder, mainFile('store'), /attic\.Old\(name\)/, () => 'name == ""')
    },
  }
}

function testData(number: number): Commit {
  return {
    title: 'a file that a test reads',
    edited: [],
    apply: (folder) =>
      appendFileSync(path.join(folder, 'render/testdata/pages/end.txt'), `Part ${number}.\n`),
  }
}

function bump(name: string, from: string, to: string): Commit {
  return {
    title: `${name} ${from} becomes ${to}`,
    edited: [`${name}/`],
    bump: { module: name, from },
    apply: (folder) => {
      replace(folder, 'go.mod', `${name} ${from}`, () => `${name} ${to}`)
      writeSums(folder)
    },
  }
}

/** What a checkout's go.mod requires, as `path@version`. */
export function required(folder: string): readonly string[] {
  const goMod = readFileSync(path.join(folder, 'go.mod'), 'utf8')
  return [...goMod.matchAll(/^\t(\S+) (v\S+)/gm)].map(([, name, version]) => `${name}@${version}`)
}

/** Every version that any state of the fixture requires, as `path@version`; none has upper-case letters. */
export function everRequired(): readonly string[] {
  const later = bumps.map(([name, , to]) => `${name}@${to}`)
  return [...new Set([...required(evolving), ...later])]
}

/** Writes the go.sum of what go.mod requires now: the fixture's names all versions. */
function writeSums(folder: string): void {
  const versions = new Map(required(folder).map((name) => name.split('@') as [string, string]))
  const lines = readFileSync(path.join(evolving, 'go.sum'), 'utf8').split(/\r?\n/)
  const kept = lines.filter((line) => {
    const [name = '', version] = line.split(' ')
    return !versions.has(name) || version?.replace('/go.mod', '') === versions.get(name)
  })
  writeFileSync(path.join(folder, 'go.sum'), kept.join('\n'))
}

function mainFile(name: string): string {
  return `${name}/${clause(name) === 'main' ? 'main' : name}.go`
}

function clause(name: string): string {
  return name.startsWith('cmd/') ? 'main' : name
}

function replace(folder: string, name: string, what: string | RegExp, by: (found: string) => string): void {
  const file = path.join(folder, name)
  const before = readFileSync(file, 'utf8')
  const after = before.replace(what, by)
  if (after === before) throw new Error(`${name} does not hold ${what}`)
  writeFileSync(file, after)
}

/** Text that hardly can be compressed, the same for the same seed. */
export function noise(seed: string, length: number): string {
  const pieces: string[] = []
  for (let at = 0; at * 43 < length; at++)
    pieces.push(createHash('sha256').update(`${seed} ${at}`).digest('base64').slice(0, 43))
  return pieces.join('').slice(0, length)
}

/** Numbers from 0 to below 1, the same for the same seed. */
function createRandom(seed: number): () => number {
  let count = 0
  return () => createHash('sha256').update(`${seed} ${count++}`).digest().readUInt32BE() / 2 ** 32
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item)
}
