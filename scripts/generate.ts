/**
 * Writes what is generated: each action.yml and the tables in docs/inputs.md from src/inputs, the picture in
 * docs/architecture.md from the imports of src, the table of save rules in docs/caching.md from src/cache, and the table in README.md from the last results of the bench. With
 * `--check` it writes nothing and fails when a file differs.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { shortTable } from '../bench/results.ts'
import { saveRulesTable } from '../src/cache/save-rules.ts'
import { actionYaml, inputsTables, outputsTable, withGeneratedParts } from '../src/inputs/render.ts'
import { picture } from './architecture/picture.ts'

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
  'restore/action.yml': actionYaml('restore'),
  'save/action.yml': actionYaml('save'),
  'docs/inputs.md': withGeneratedParts(current('docs/inputs.md'), {
    inputs: inputsTables(),
    outputs: outputsTable(),
    'save-outputs': outputsTable('save'),
  }),
  'docs/architecture.md': withGeneratedParts(current('docs/architecture.md'), { imports: picture() }),
  'docs/caching.md': withGeneratedParts(current('docs/caching.md'), { 'save-rules': saveRulesTable() }),
  'README.md': withGeneratedParts(current('README.md'), {
    bench: shortTable(JSON.parse(current('bench/results.json'))),
  }),
}

for (const [name, text] of Object.entries(files)) {
  if (current(name) === text) continue
  if (process.argv.includes('--check')) {
    console.error(`${name} is not what it is generated from: run \`npm run fix\``)
    process.exitCode = 1
  } else {
    mkdirSync(new URL('.', new URL(name, root)), { recursive: true })
    writeFileSync(new URL(name, root), text)
    console.log(`wrote ${name}`)
  }
}
