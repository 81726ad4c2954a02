import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { declarations } from '../../src/inputs/inputs.ts'
import type { Declaration } from '../../src/inputs/kinds.ts'
import { outputs, saveOutputs } from '../../src/inputs/outputs.ts'
import { below, codeBlocks, type Page, pages, prose, root } from './pages.ts'

const known: Readonly<Record<string, Declaration<unknown>>> = declarations
const all = pages()
const examples = below('examples', '.yml').map((name) => ({
  name,
  text: readFileSync(path.join(root, name), 'utf8'),
}))

/** Checks an input and its value. */
function inputFault(name: string, value: unknown): readonly string[] {
  const declaration = known[name]
  if (declaration === undefined || declaration.hidden) return [`there is no input ${name}`]
  const text = String(value).trim()
  // The value of an expression is unknown here.
  if (text.includes('${{') || text.includes('…')) return []
  return declaration.kind.parse(text) === undefined ? [`${name} cannot be "${text}"`] : []
}

/** Checks the uses of the action in a YAML text. */
function faults(yaml: string): readonly string[] {
  const document = parseDocument(yaml)
  if (document.errors.length > 0) return document.errors.map(({ message }) => message)
  const names = new Map<string, object>()
  const found: string[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { uses, with: given, id } = value as Record<string, unknown>
    const [, subAction] = /^org\/go-deps-action(?:\/([^@]*))?@/.exec(String(uses)) ?? [undefined, 'other']
    if (subAction === undefined || subAction === 'restore') {
      if (typeof id === 'string') names.set(id, outputs)
      for (const [name, one] of Object.entries(given ?? {})) found.push(...inputFault(name, one))
    } else if (subAction === 'save') {
      if (typeof id === 'string') names.set(id, saveOutputs)
      for (const name of Object.keys(given ?? {})) found.push(`save has no input ${name}`)
    } else if (subAction !== 'other') found.push(`there is no sub-action ${subAction}`)
    for (const one of Object.values(value)) visit(one)
  }
  visit(document.toJS())
  const used = [...yaml.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)]
  const strange = used.filter(([, id = '', name = '']) => !(name in (names.get(id) ?? { [name]: '' })))
  return [...found, ...strange.map(([text]) => `there is no output ${text}`)]
}

/** Inputs of actions/setup-go, which the migration page names. */
const ofOthers = ['cache-dependency-path']

/** The inputs that a page names in its sentences, with the values that it gives them. */
function namedFaults(page: Page): readonly string[] {
  const text = prose(page)
  const named = [...text.matchAll(/\binputs? `([a-z-]+)`|`([a-z-]+)` input\b/gi)].flatMap(
    ([, before, after]) => {
      const name = before ?? after ?? ''
      return name in known ? [] : [`there is no input ${name}`]
    },
  )
  const given = [...text.matchAll(/`([a-z]+(?:-[a-z]+)*): ([^`]+)`/g)].flatMap(([, name = '', value]) =>
    name in known || (name.startsWith('cache-') && !ofOthers.includes(name))
      ? inputFault(name, value?.replace(/^'(.*)'$/, '$1'))
      : [],
  )
  return [...named, ...given]
}

describe('examples in the pages', () => {
  test.each(all)('YAML parses, and inputs and outputs exist: $name', (page) => {
    expect(codeBlocks(page, 'yaml').flatMap(faults)).toEqual([])
    expect(namedFaults(page)).toEqual([])
  })

  test.each(examples)('the example uses inputs and outputs that exist: $name', ({ text }) => {
    expect(text).toContain('uses: ')
    expect(faults(text)).toEqual([])
  })

  test('mistakes are found', () => {
    expect(faults('a: [')).not.toEqual([])
    expect(
      faults(
        '- uses: org/go-deps-action@v0\n  id: d\n  with:\n    go-versions: 1\n- run: ${{ steps.d.outputs.x }}',
      ),
    ).toEqual(['there is no input go-versions', 'there is no output steps.d.outputs.x'])
    expect(faults('- uses: org/go-deps-action@v0\n  with:\n    cache: maybe')).toEqual([
      'cache cannot be "maybe"',
    ])
    expect(
      faults(
        '- uses: org/go-deps-action/save@v0\n  id: s\n  with:\n    key: x\n- run: ${{ steps.s.outputs.cache-hit }}\n- uses: org/go-deps-action/keep@v0',
      ),
    ).toEqual([
      'save has no input key',
      'there is no sub-action keep',
      'there is no output steps.s.outputs.cache-hit',
    ])
    expect(faults('- uses: org/go-deps-action/restore@v0\n  with:\n    lookup-only: maybe')).toEqual([
      'lookup-only cannot be "maybe"',
    ])
    const text = 'The input `nothing` and `cache-mode: reading`.'
    expect(namedFaults({ name: '', text })).toEqual([
      'there is no input nothing',
      'cache-mode cannot be "reading"',
    ])
  })

  test('every workflow to copy pins actions by commit, and limits time and permissions', () => {
    for (const { name, text } of examples.filter(({ name }) => name.includes('/workflows/'))) {
      const { jobs, permissions } = parseDocument(text).toJS() as {
        jobs: Record<string, Record<string, unknown>>
        permissions: unknown
      }
      expect(permissions, name).toEqual({ contents: 'read' })
      for (const job of Object.values(jobs)) expect(job['timeout-minutes'], name).toBeTypeOf('number')
      const used = [...text.matchAll(/uses: (\S+)/g)].map(([, action = '']) => action)
      const unpinned = used.filter(
        (action) => !/@[0-9a-f]{40}$|^\.\/|^org\/go-deps-action(?:\/(?:restore|save))?@v0$/.test(action),
      )
      expect(unpinned, name).toEqual([])
    }
  })
})
