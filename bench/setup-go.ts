import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { parse, stringify } from 'yaml'
import { BadOption } from './options.ts'

/** A copy of actions/setup-go with its bundles. */
export interface SetupGo {
  /** Absolute path. */
  readonly folder: string
  /** Version in its package.json. */
  readonly version: string
}

/** The parts of its action.yml that the bench reads. */
interface ActionYaml {
  readonly name?: unknown
  readonly inputs?: Readonly<Record<string, { readonly default?: unknown } | null>>
  readonly runs?: { readonly main?: unknown; readonly post?: unknown; readonly 'post-if'?: unknown }
}

/** The first version whose strategy the stand-in follows: older ones make the key from go.sum. */
const oldest = 6

/**
 * Checks that a folder holds actions/setup-go with its bundles, and reads its version.
 *
 * @param folder path of the folder
 * @throws BadOption when something else is there
 */
export function findSetupGo(folder: string): SetupGo {
  const reject = (why: string): never => {
    throw new BadOption(
      `--setup-go is "${folder}": ${why}. It must be a clone of actions/setup-go, version ${oldest} or newer.`,
    )
  }
  const read = (name: string, decode: (text: string) => unknown): unknown => {
    const file = path.join(folder, name)
    if (!existsSync(file)) return reject(`it has no ${name}`)
    try {
      return decode(readFileSync(file, 'utf8'))
    } catch (error) {
      return reject(`its ${name} cannot be read (${(error as Error).message})`)
    }
  }
  const { name, version } = (read('package.json', JSON.parse) ?? {}) as Readonly<Record<string, unknown>>
  if (name !== 'setup-go') reject(`its package.json has the name ${JSON.stringify(name)}, not "setup-go"`)
  const major = typeof version === 'string' ? /^(\d+)\.\d+\.\d+$/.exec(version)?.[1] : undefined
  if (major === undefined || Number(major) < oldest)
    reject(`its package.json has the version ${JSON.stringify(version)}`)
  const action = (read('action.yml', (text) => parse(text)) ?? {}) as ActionYaml
  if (action.name !== 'Setup Go environment')
    reject(`its action.yml has the name ${JSON.stringify(action.name)}, not "Setup Go environment"`)
  if (action.runs?.['post-if'] !== 'success()') reject('its action.yml has another post-if than success()')
  for (const stage of ['main', 'post'] as const) {
    const file = action.runs?.[stage]
    if (typeof file !== 'string' || !isFile(path.join(folder, file)))
      reject(`its action.yml names a ${stage} that is not there`)
  }
  return { folder: path.resolve(folder), version: version as string }
}

/**
 * Copies what runs of it. The bundles stay as they are. In action.yml, `post-if` and defaults with expressions go,
 * because the runner of the test bed knows neither: every job of the bench succeeds, and none downloads Go.
 *
 * @param setupGo the original
 * @param folder absolute path of the copy
 */
export function copySetupGo({ folder: original }: SetupGo, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const name of ['dist', 'package.json', 'matchers.json']) {
    if (existsSync(path.join(original, name)))
      cpSync(path.join(original, name), path.join(folder, name), { recursive: true })
  }
  const { name, inputs = {}, runs } = parse(readFileSync(path.join(original, 'action.yml'), 'utf8'))
  const { 'post-if': _, ...stages } = runs
  const plain = Object.entries(inputs as NonNullable<ActionYaml['inputs']>).map(([input, value]) => {
    const text = value?.default === undefined ? '' : String(value.default)
    return [input, { default: text.includes('${{') ? '' : text }]
  })
  writeFileSync(
    path.join(folder, 'action.yml'),
    stringify({ name, inputs: Object.fromEntries(plain), runs: stages }),
  )
}

function isFile(file: string): boolean {
  return existsSync(file) && statSync(file).isFile()
}
