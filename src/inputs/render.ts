import type { Declaration } from './declaration.ts'
import { declarations } from './inputs.ts'
import { outputs } from './outputs.ts'

/** The text of action.yml. */
export function actionYaml(): string {
  const lines = [
    '# Written by `npm run fix` from src/inputs. Do not edit.',
    'name: Go dependencies',
    'author: go-deps-action',
    'description: Caches Go modules and build results, downloads only what is missing, and explains every decision.',
    'branding:',
    '  icon: package',
    '  color: blue',
    'inputs:',
  ]
  for (const [name, declaration] of entries()) {
    lines.push(`  ${name}:`)
    lines.push(`    description: ${quoted(declaration.help)}`)
    lines.push('    required: false')
    lines.push(`    default: ${quoted(declaration.fallback)}`)
  }
  lines.push('outputs:')
  for (const [name, help] of Object.entries(outputs)) {
    lines.push(`  ${name}:`)
    lines.push(`    description: ${quoted(help)}`)
  }
  lines.push(
    'runs:',
    '  using: node24',
    '  main: dist/main.mjs',
    '  post: dist/post.mjs',
    '  post-if: always()',
  )
  return `${lines.join('\n')}\n`
}

/** The README's table of inputs. */
export function inputsTable(): string {
  const rows = entries()
    .filter(([, declaration]) => !declaration.hidden)
    .map(
      ([name, { fallback, help }]) =>
        `| \`${name}\` | ${fallback === '' ? '–' : `\`${fallback}\``} | ${help} |`,
    )
  return ['| input | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

/** The README's table of outputs. */
export function outputsTable(): string {
  const rows = Object.entries(outputs).map(([name, help]) => `| \`${name}\` | ${help} |`)
  return ['| output | meaning |', '|---|---|', ...rows].join('\n')
}

/**
 * Replaces the generated parts of a Markdown page: what stands between `<!-- NAME -->` and
 * `<!-- /NAME -->`.
 *
 * @param page the page as it is
 * @param parts the text of each part by its name
 * @throws Error when the page lacks one of the parts
 */
export function withGeneratedParts(page: string, parts: Readonly<Record<string, string>>): string {
  let result = page
  for (const [name, part] of Object.entries(parts)) {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const start = result.indexOf(open)
    const end = result.indexOf(close)
    if (start === -1 || end === -1) throw new Error(`the page lacks ${open} or ${close}`)
    result = `${result.slice(0, start)}${open}\n${part}\n${result.slice(end)}`
  }
  return result
}

function entries(): [string, Declaration<unknown>][] {
  return Object.entries(declarations)
}

/** A YAML scalar in single quotes: nothing in it has a meaning but the quote itself. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
