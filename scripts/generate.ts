/**
 * Writes what is generated from src/inputs: action.yml and the tables in docs/inputs.md. With `--check` it writes
 * nothing and fails when a file differs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { actionYaml, inputsTables, outputsTable, withGeneratedParts } from '../src/inputs/render.ts'

const root = new URL('../', import.meta.url)
const current = (name: string) => {
  try {
    return readFileSync(new URL(name, root), 'utf8')
  } catch {
    return ''
  }
}
const files: Readonly<Record<string, string>> = {
  'action.yml': actionYaml(),
  'docs/inputs.md': withGeneratedParts(current('docs/inputs.md'), {
    inputs: inputsTables(),
    outputs: outputsTable(),
  }),
}

for (const [name, text] of Object.entries(files)) {
  if (current(name) === text) continue
  if (process.argv.includes('--check')) {
    console.error(`${name} is not what src/inputs says: run \`npm run fix\``)
    process.exitCode = 1
  } else {
    writeFileSync(new URL(name, root), text)
    console.log(`wrote ${name}`)
  }
}
