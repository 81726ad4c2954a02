import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Page, pages, root } from './pages.ts'

const records = pages().filter(({ name }) => name.startsWith('docs/adr/'))

/** The number of a record by its file name. */
function numberOf({ name }: Page): number {
  return Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1])
}

/** What is wrong with the form of a record, or with what it says of others and of the code. */
function faults(record: Page, all: readonly Page[]): readonly string[] {
  const { text } = record
  const found: string[] = []
  if (!text.startsWith(`# ${numberOf(record)}. `)) found.push('the heading is not `# N. Title`')
  const status = /^# .+\n\n\*\*Status\*\*: (.+)\n\n/.exec(text)?.[1] ?? ''
  const [, number, file] = /^superseded by \[(\d+)\]\((.+)\)$/.exec(status) ?? []
  const successor = all.find(({ name }) => name === `docs/adr/${file}`)
  if (number === undefined && !['accepted', 'proposed'].includes(status))
    found.push(`the status is "${status}"`)
  if (number !== undefined && (successor === undefined || numberOf(successor) !== Number(number)))
    found.push(`there is no record ${number} in ${file}`)
  if (successor?.text.includes(`](${path.posix.basename(record.name)})`) === false)
    found.push(`${file} does not name the record that it replaces`)
  const parts = [...text.matchAll(/^\*\*(\w[^*]*?)\.?\*\*/gm)].map(([, part]) => part)
  if (parts.join() !== 'Status,Context,Decision,Consequences') found.push(`the parts are ${parts.join(', ')}`)
  if (status !== 'accepted') return found
  const named = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:ts|mjs))`/g)].map(([, name = '']) => name)
  const absent = named.filter((name) => !['', 'src'].some((base) => existsSync(path.join(root, base, name))))
  return [...found, ...absent.map((name) => `there is no ${name}`)]
}

describe('docs/adr', () => {
  test('counts from 1 without gaps', () => {
    expect(records.map(numberOf)).toEqual(records.map((_, index) => index + 1))
  })

  test.each(records)('has one form, and names records and files that exist: $name', (record) => {
    expect(faults(record, records)).toEqual([])
  })

  test('mistakes are noticed', () => {
    const text = '# 3. A\n\n**Status**: replaced\n\n**Context.** C.\n\n**Why.** D.\n\n**Consequences.** E.\n'
    expect(faults({ name: 'docs/adr/0002-a.md', text }, records)).toEqual([
      'the heading is not `# N. Title`',
      'the status is "replaced"',
      'the parts are Status, Context, Why, Consequences',
    ])
    const form = '\n\n**Context.** C.\n\n**Decision.** `cache/no.ts`.\n\n**Consequences.** E.\n'
    const one = (status: string) => ({
      name: 'docs/adr/0002-a.md',
      text: `# 2. A\n\n**Status**: ${status}${form}`,
    })
    expect(faults(one('accepted'), records)).toEqual(['there is no cache/no.ts'])
    expect(faults(one('superseded by [3](0009-no.md)'), records)).toEqual([
      'there is no record 3 in 0009-no.md',
    ])
    expect(faults(one('superseded by [18](0018-folders-by-concept.md)'), records)).toEqual([
      '0018-folders-by-concept.md does not name the record that it replaces',
    ])
  })
})
