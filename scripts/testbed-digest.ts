/**
 * Tells whether the test bed is still the one whose own tests were green. As a program it says so from now on:
 * `node scripts/testbed-digest.ts`, which `npm run test:testbed` does once they are.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
const record = path.join(root, '__tests__', 'testbed', 'green.sha256')
/** The test bed, its tests, what they share with others, and the packages behind it. */
const covered = ['testbed', '__tests__/testbed', '__tests__/harness', 'scripts/setup', 'package-lock.json']

/** Whether anything of the test bed has changed since its tests were green. */
export function testbedHasChanged(): boolean {
  return readText(record).trim() !== digest()
}

function digest(): string {
  const hash = createHash('sha256')
  const files = covered.flatMap(filesIn).filter((file) => path.join(root, file) !== record)
  for (const file of files.sort()) hash.update(`${file}\n${readText(path.join(root, file))}\n`)
  return hash.digest('hex')
}

/** Paths relative to the root, with `/`. */
function filesIn(name: string): readonly string[] {
  if (path.extname(name) !== '') return [name]
  return readdirSync(path.join(root, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
}

/** Line ends are as git has them on Linux. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return ''
  }
}

if (process.argv[1] === import.meta.filename) writeFileSync(record, `${digest()}\n`)
