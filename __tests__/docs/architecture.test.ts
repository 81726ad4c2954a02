import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { files, source } from '../../scripts/architecture/imports.ts'
import {
  common,
  drawnGraph,
  importGraph,
  picture,
  reachableFrom,
  reduced,
} from '../../scripts/architecture/picture.ts'
import { root } from './pages.ts'

const read = (name: string) => readFileSync(path.join(root, name), 'utf8')
const page = read('docs/architecture.md')

describe('the picture of docs/architecture.md', () => {
  const graph = drawnGraph(importGraph())

  test('shows the imports of the code', () => {
    expect(page.includes(picture()), 'run `npm run fix`').toBe(true)
  })

  test('leads from each node to everything that it imports, also through others', () => {
    const small = reduced(graph)
    for (const node of graph.keys())
      expect([...reachableFrom(small, node)].sort(), node).toEqual([...reachableFrom(graph, node)].sort())
  })

  test('leaves out arrows that a longer path replaces', () => {
    const triangle = new Map([
      ['a', new Set(['b', 'c'])],
      ['b', new Set(['c'])],
      ['c', new Set<string>()],
    ])
    expect([...reduced(triangle)].map(([node, to]) => [node, [...to]])).toEqual([
      ['a', ['b']],
      ['b', ['c']],
      ['c', []],
    ])
  })

  test.each(common)('leaves out arrows to %s, which most folders import', (part) => {
    const others = [...importGraph()].filter(([node]) => node !== part && !node.endsWith('.ts'))
    const importing = others.filter(([, imported]) => imported.has(part))
    expect(importing.length).toBeGreaterThan(others.length / 2)
  })
})

describe('docs/architecture.md', () => {
  test('says what each folder of src holds, and names no other', () => {
    const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const rows = [...page.matchAll(/^\| `src\/([\w-]+)` \|/gm)].map(([, name]) => name)
    expect(rows.sort()).toEqual(folders.map(({ name }) => name).sort())
  })

  test('names files and folders that exist', () => {
    expect(namedPaths(page).length).toBeGreaterThan(60)
    expect(absentPaths(page)).toEqual([])
    expect(absentPaths('`src/nowhere.ts`, `cache/no.ts` and `cache/key.ts`')).toEqual([
      'src/nowhere.ts',
      'cache/no.ts',
    ])
  })

  test('names every bundle', () => {
    expect(readdirSync(path.join(root, 'dist')).filter((name) => !page.includes(`\`dist/${name}\``))).toEqual(
      [],
    )
  })
})

/** The paths that a page names as code: relative to the root, or to src. */
function namedPaths(text: string): readonly string[] {
  return [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)+)`/g)].map(([, name = '']) => name)
}

function absentPaths(text: string): readonly string[] {
  return namedPaths(text).filter(
    (name) => !existsSync(path.join(root, name)) && !existsSync(path.join(source, name)),
  )
}

/** An example of something to add, and how code, tests and pages mention it. */
interface Example {
  readonly heading: string
  readonly name: string
  /** Matches the code of each file of src that the example touches. */
  readonly inSource: RegExp
  /** Matches the other files that belong to the example. */
  readonly elsewhere: RegExp
}

const examples: readonly Example[] = [
  {
    heading: 'An input',
    name: 'check-latest',
    inSource: /['"`]check-latest['"`]|\bcheckLatest\b/,
    elsewhere: /\bcheck-latest\b|\bcheckLatest\b/,
  },
  {
    heading: 'A store',
    name: 'githubStore',
    inSource: /\bgithubStore\b|\bStore\b/,
    elsewhere: /\bgithubStore\b|'cache\/store'/,
  },
  {
    heading: 'An explanation of an error of Go',
    name: 'explainGoflags',
    inSource: /\bexplainGoflags\b/,
    elsewhere: /\bGOFLAGS cannot be read\b/,
  },
  {
    heading: 'A check of the checkout',
    name: 'check-tidy',
    inSource: /['"`]check-tidy['"`]|\bfindUntidy\b/,
    elsewhere: /\bcheck-tidy\b/,
  },
]

/** The files of src whose code, comments aside, matches. */
function filesThatMention(pattern: RegExp): readonly string[] {
  return files
    .filter((file) => pattern.test(read(`src/${file}`).replaceAll(/^\s*(?:\*|\/\*|\/\/).*$/gm, '')))
    .map((file) => `src/${file}`)
}

/** What is wrong with the list of an example. */
function listFaults(text: string, { heading, name, inSource, elsewhere }: Example): readonly string[] {
  const section = text.split(/^### /m).find((one) => one.startsWith(`${heading}\n`)) ?? ''
  if (!section.includes(`\nExample: \`${name}\`.\n`)) return [`there is no list for ${name}`]
  const listed = [...section.matchAll(/^\d+\. `([^`]+)`: /gm)].map(([, file = '']) => file)
  const touched = filesThatMention(inSource)
  return [
    ...touched.filter((file) => !listed.includes(file)).map((file) => `the list lacks ${file}`),
    ...listed.filter((file) => !existsSync(path.join(root, file))).map((file) => `there is no ${file}`),
    ...listed
      .filter((file) => existsSync(path.join(root, file)))
      .filter((file) => (file.startsWith('src/') ? !touched.includes(file) : !elsewhere.test(read(file))))
      .map((file) => `${name} does not touch ${file}`),
  ]
}

describe('how to add', () => {
  test.each(examples)('$heading: the list names the files that $name touches', (example) => {
    expect(filesThatMention(example.inSource).length).toBeGreaterThan(1)
    expect(listFaults(page, example)).toEqual([])
  })

  test('every list has an example that is checked', () => {
    const lists = page.split(/^## How to add/m)[1] ?? ''
    const headings = [...lists.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(examples.map(({ heading }) => heading))
  })

  test('files that a list lacks, and files too many, are noticed', () => {
    const [example] = examples
    if (example === undefined) throw new Error('there are no examples')
    const wrong = page
      .replace('`src/setup-go/search.ts`: add', '`src/setup-go/choose.ts`: add')
      .replace('`docs/go-versions.md`: describe', '`docs/nowhere.md`: describe')
      .replace(
        '`__tests__/setup-go/setup-go.test.ts`: test',
        '`__tests__/setup-go/release-spec.test.ts`: test',
      )
    expect(listFaults(wrong, example)).toEqual([
      'the list lacks src/setup-go/search.ts',
      'there is no docs/nowhere.md',
      'check-latest does not touch src/setup-go/choose.ts',
      'check-latest does not touch __tests__/setup-go/release-spec.test.ts',
    ])
  })
})
