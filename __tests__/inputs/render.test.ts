import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { declarations } from '../../src/inputs/inputs.ts'
import { outputs } from '../../src/inputs/outputs.ts'
import { actionYaml, inputsTable, outputsTable, withGeneratedParts } from '../../src/inputs/render.ts'

const root = new URL('../../', import.meta.url)
const committed = (name: string) => readFileSync(new URL(name, root), 'utf8')

interface ActionFile {
  inputs: Record<string, { default: string; description: string }>
  outputs: Record<string, { description: string }>
  runs: Record<string, string>
}

describe('action.yml', () => {
  const action = parse(actionYaml()) as ActionFile

  test('is what is committed', () => {
    expect(committed('action.yml')).toBe(actionYaml())
  })

  test('holds every input with its default and help', () => {
    const expected = Object.entries(declarations).map(([name, { fallback, help }]) => [name, fallback, help])
    const actual = Object.entries(action.inputs).map(([name, one]) => [name, one.default, one.description])
    expect(actual).toEqual(expected)
  })

  test('holds every output', () => {
    expect(Object.keys(action.outputs)).toEqual(Object.keys(outputs))
  })

  test('runs post always, for what main set up must be taken down', () => {
    expect(action.runs).toEqual({
      using: 'node24',
      main: 'dist/main.mjs',
      post: 'dist/post.mjs',
      'post-if': 'always()',
    })
  })
})

describe('README', () => {
  test('has the tables that the declarations give', () => {
    const readme = committed('README.md')
    expect(withGeneratedParts(readme, { inputs: inputsTable(), outputs: outputsTable() })).toBe(readme)
  })

  test('does not show hidden inputs', () => {
    expect(inputsTable()).not.toContain('`matrix`')
  })
})

describe('withGeneratedParts', () => {
  test('replaces what stands between the marks and nothing else', () => {
    const page = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n'
    expect(withGeneratedParts(page, { x: 'new' })).toBe('a\n<!-- x -->\nnew\n<!-- /x -->\nb\n')
  })

  test('a page without the mark is an error', () => {
    expect(() => withGeneratedParts('page', { x: '' })).toThrow('<!-- x -->')
  })
})
