import { declarations, type InputName } from './inputs.ts'
import type { Declaration } from './kinds.ts'
import { outputs, saveOutputs } from './outputs.ts'

/** The actions of this repository: the one at its top, and one in each of two folders. */
export type ActionName = 'main' | 'restore' | 'save'

/** What the file of an action says besides its inputs and outputs. */
const actionFiles = {
  main: {
    name: 'Go dependencies',
    description:
      'Caches Go modules and build results, downloads only what is missing, and explains every decision.',
    runs: ['main: dist/main.mjs', 'post: dist/post.mjs', 'post-if: always()'],
  },
  restore: {
    name: 'Go dependencies: restore',
    description: 'Does what go-deps-action does in its step, and saves no cache when the job ends.',
    runs: ['main: ../dist/main.mjs', 'post: ../dist/post.mjs', 'post-if: always()'],
  },
  save: {
    name: 'Go dependencies: save',
    description: 'Saves now what earlier steps with go-deps-action or its restore action planned to save.',
    // The post of the others does the same, later.
    runs: ['main: ../dist/post.mjs'],
  },
} as const satisfies Readonly<Record<ActionName, unknown>>

/**
 * Returns the text of the action.yml of an action.
 *
 * Each sub-action has its name as the default of the hidden input `sub-action`: all share the bundles of dist.
 */
export function actionYaml(action: ActionName = 'main'): string {
  const { name, description, runs } = actionFiles[action]
  const lines = [
    '# Written by `npm run fix` from src/inputs. Do not edit.',
    `name: ${quoted(name)}`,
    'author: go-deps-action',
    `description: ${quoted(description)}`,
    'branding:',
    '  icon: package',
    '  color: blue',
    'inputs:',
  ]
  for (const [input, { help, fallback }] of inputsOf(action)) {
    lines.push(`  ${input}:`)
    lines.push(`    description: ${quoted(help)}`)
    lines.push('    required: false')
    lines.push(`    default: ${quoted(input === subAction ? action : fallback)}`)
  }
  lines.push('outputs:')
  for (const [output, help] of Object.entries(action === 'save' ? saveOutputs : outputs)) {
    lines.push(`  ${output}:`)
    lines.push(`    description: ${quoted(help)}`)
  }
  lines.push('runs:', '  using: node24', ...runs.map((run) => `  ${run}`))
  return `${lines.join('\n')}\n`
}

const subAction = 'sub-action' satisfies InputName

/** Returns the inputs that an action declares. `save` has none of its own: it saves what other steps planned. */
function inputsOf(action: ActionName): readonly [string, Declaration<unknown>][] {
  return entries().filter(([name]) => {
    if (name === subAction) return action !== 'main'
    return action !== 'save' || name === 'job-status'
  })
}

/** The inputs by purpose, in the order of docs/inputs.md. */
const inputGroups: readonly (readonly [heading: string, names: readonly InputName[]])[] = [
  ['Which modules', ['working-directory', 'modules']],
  ['Which Go', ['go-version', 'go-version-file', 'check-latest', 'go-download-base-url']],
  [
    'Private modules',
    [
      'credentials',
      'ssh-private-key',
      'ssh-known-hosts',
      'credentials-required',
      'export-credentials',
      'ca-certificate',
      'cache-private',
    ],
  ],
  ['Dependencies', ['dependencies', 'retries']],
  [
    'Caching',
    [
      'cache',
      'cache-modules',
      'cache-build',
      'cache-mode',
      'cache-backend',
      's3-bucket',
      's3-region',
      's3-endpoint',
      's3-prefix',
      'cache-key',
      'cache-zips',
      'cache-save-on-failure',
      'cache-save-branches',
      'cache-max-size',
      'fail-on-cache-miss',
      'lookup-only',
      'test-cache',
    ],
  ],
  [
    'Settings of the go command',
    [
      'goproxy',
      'goprivate',
      'gonoproxy',
      'gonosumdb',
      'gosumdb',
      'goinsecure',
      'govcs',
      'goauth',
      'gotoolchain',
      'goflags',
    ],
  ],
  ['Proof', ['verify', 'on-corrupt', 'check-vendor', 'check-tidy', 'deps-lock', 'deps-lock-mode']],
  ['Offline', ['offline', 'offline-check']],
  [
    'Bundles',
    [
      'bundle-output',
      'bundle-scope',
      'bundle-sumdb',
      'bundle-toolchain',
      'bundle-private',
      'bundle',
      'bundle-sha256',
      'bundle-into',
      'bundle-check',
    ],
  ],
  ['Reporting', ['summary', 'dry-run']],
]

/** Returns the tables of inputs for docs/inputs.md, each with its heading; an input in no group comes last. */
export function inputsTables(): string {
  const visible = entries().filter(([, declaration]) => !declaration.hidden)
  const grouped = inputGroups.flatMap(([, names]) => names) as readonly string[]
  const others = visible.map(([name]) => name).filter((name) => !grouped.includes(name))
  const groups = others.length === 0 ? inputGroups : [...inputGroups, ['Others', others] as const]
  return groups
    .map(([heading, names]) => {
      const rows = visible
        .filter(([name]) => (names as readonly string[]).includes(name))
        .map(([name, { kind, fallback, help }]) =>
          row([`\`${name}\``, fallback === '' ? '–' : `\`${fallback}\``, `${help}${values(kind.allowed)}`]),
        )
      return [`### ${heading}`, '', row(['input', 'default', 'meaning']), '|---|---|---|', ...rows].join('\n')
    })
    .join('\n\n')
}

/** Returns the table of outputs for docs/inputs.md, of `save` or of the other actions. */
export function outputsTable(action: ActionName = 'main'): string {
  const rows = Object.entries(action === 'save' ? saveOutputs : outputs).map(([name, help]) =>
    row([`\`${name}\``, help]),
  )
  return [row(['output', 'meaning']), '|---|---|', ...rows].join('\n')
}

/** Formats a table row. An unescaped bar would end a cell, even in code (GitHub Flavored Markdown, "Tables"). */
function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/**
 * Replaces the generated parts of a Markdown page: the text between `<!-- NAME -->` and
 * `<!-- /NAME -->`.
 *
 * @param page the existing page
 * @param parts the text of each part by its name
 * @throws Error when the page does not have one of the parts
 */
export function withGeneratedParts(page: string, parts: Readonly<Record<string, string>>): string {
  let result = page
  for (const [name, part] of Object.entries(parts)) {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const start = result.indexOf(open)
    const end = result.indexOf(close)
    if (start === -1 || end === -1) throw new Error(`the page does not contain ${open} or ${close}`)
    result = `${result.slice(0, start)}${open}\n${part}\n${result.slice(end)}`
  }
  return result
}

function entries(): [string, Declaration<unknown>][] {
  return Object.entries(declarations)
}

/** Formats a YAML scalar in single quotes, in which only the quote itself is special. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

/** Returns the allowed values of an input with few choices; for a flag, the default shows them. */
function values(allowed: string): string {
  return /^(?:one of|a whole number) /.test(allowed)
    ? ` *${allowed.charAt(0).toUpperCase()}${allowed.slice(1)}.*`
    : ''
}
