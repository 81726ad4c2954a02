import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { declarations } from '../../src/inputs/inputs.ts'
import { outputs, saveOutputs } from '../../src/inputs/outputs.ts'
import { actionYaml, inputsTables, outputsTable, withGeneratedParts } from '../../src/inputs/render.ts'

const root = new URL('../..', import.meta.url)
const committed = (name: string) => readFileSync(new URL(name, root), 'utf8')

interface ActionFile {
  inputs: Record<string, { default: string; description: string }>
  outputs: Record<string, { description: string }>
  runs: Record<string, string>
}

describe('action.yml', () => {
  const action = parse(actionYaml()) as ActionFile

  test('matches the committed file', () => {
    expect(committed('action.yml')).toBe(actionYaml())
  })

  test('holds every input with its default and help', () => {
    const all = Object.entries(declarations).filter(([name]) => name !== 'sub-action')
    const expected = all.map(([name, { fallback, help }]) => [name, fallback, help])
    const actual = Object.entries(action.inputs).map(([name, one]) => [name, one.default, one.description])
    expect(actual).toEqual(expected)
  })

  test('holds every output', () => {
    expect(Object.keys(action.outputs)).toEqual(Object.keys(outputs))
  })

  test('has expressions only in the defaults of hidden inputs: the runner allows them nowhere else', () => {
    const lines = actionYaml().split('\n')
    expect(lines.filter((line) => line.includes('${{') && !/^ +default: /.test(line))).toEqual([])
  })

  test('always runs post, to remove what main has set up', () => {
    expect(action.runs).toEqual({
      using: 'node24',
      main: 'dist/main.mjs',
      post: 'dist/post.mjs',
      'post-if': 'always()',
    })
  })
})

describe('the action.yml of the sub-actions', () => {
  const main = parse(actionYaml()) as ActionFile
  const [restore, save] = [
    parse(actionYaml('restore')) as ActionFile,
    parse(actionYaml('save')) as ActionFile,
  ]

  test.each(['restore', 'save'] as const)('of %s matches the committed file', (name) => {
    expect(committed(`${name}/action.yml`)).toBe(actionYaml(name))
  })

  test('restore has the inputs and outputs of the action, and its bundles', () => {
    const { 'sub-action': subAction, ...others } = restore.inputs
    expect(others).toEqual(main.inputs)
    expect(subAction?.default).toBe('restore')
    expect(restore.outputs).toEqual(main.outputs)
    const { main: start, post } = main.runs
    expect(restore.runs).toEqual({ ...main.runs, main: `../${start}`, post: `../${post}` })
  })

  test('save fills in its inputs itself, and runs the post of the action as its main', () => {
    expect(Object.entries(save.inputs).map(([name, one]) => [name, one.default])).toEqual([
      ['job-status', '${{ job.status }}'],
      ['sub-action', 'save'],
    ])
    expect(Object.keys(save.outputs)).toEqual(Object.keys(saveOutputs))
    expect(save.runs).toEqual({ using: 'node24', main: `../${main.runs.post}` })
  })
})

describe('docs/inputs.md', () => {
  test('has the tables of the declarations', () => {
    const page = committed('docs/inputs.md')
    const parts = { inputs: inputsTables(), outputs: outputsTable(), 'save-outputs': outputsTable('save') }
    expect(withGeneratedParts(page, parts)).toBe(page)
  })

  test('lists every input once, in a group, and no hidden one', () => {
    const visible = Object.entries(declarations as Record<string, { hidden?: true }>).flatMap(
      ([name, { hidden }]) => (hidden ? [] : [name]),
    )
    const shown = [...inputsTables().matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name)
    expect([...shown].sort()).toEqual([...visible].sort())
    expect(inputsTables()).not.toContain('### Others')
  })

  test('escapes a bar inside a table cell', () => {
    const rows = inputsTables()
      .split('\n')
      .filter((line) => line.startsWith('|'))
    for (const row of rows) expect(row.match(/(?<!\\)\|/g), row).toHaveLength(4)
  })
})

describe('withGeneratedParts', () => {
  test('replaces only the text between the markers', () => {
    const page = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n'
    expect(withGeneratedParts(page, { x: 'new' })).toBe('a\n<!-- x -->\nnew\n<!-- /x -->\nb\n')
  })

  test('fails for a page without the marker', () => {
    expect(() => withGeneratedParts('page', { x: '' })).toThrow('<!-- x -->')
  })
})
