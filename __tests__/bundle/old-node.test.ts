import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../harness/bed.ts'

const dist = path.join(root, 'dist')

/** A Node before 24, if this machine has one besides the Node of the tests. */
const oldNode = (process.env.PATH ?? '')
  .split(path.delimiter)
  .map((folder) => path.join(folder, 'node'))
  .find((node) =>
    /^v(?:1\d|2[0-3])\./.test(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? ''),
  )

function start(node: string, phase: string, args: readonly string[] = []) {
  const env = { PATH: process.env.PATH ?? '', INPUT_CREDENTIALS: 'a.example secret' }
  return spawnSync(node, [...args, path.join(dist, `${phase}.mjs`)], { encoding: 'utf8', env })
}

const sentence =
  /^::(error|notice)::go-deps-action needs Node 24, but this runner uses Node 2\d\.\S+ \(.*\)\. Update the runner to 2\.327\.1 or newer\..*\n$/

test.runIf(oldNode !== undefined)('a Node before 24 logs one message: main fails, post does not', () => {
  const [main, post] = [start(oldNode ?? '', 'main'), start(oldNode ?? '', 'post')]
  expect([main.status, main.stderr, post.status, post.stderr]).toEqual([1, '', 0, ''])
  expect(sentence.exec(main.stdout)?.[1]).toBe('error')
  expect(sentence.exec(post.stdout)?.[1]).toBe('notice')
})

test('the same happens if only the version is old', () => {
  const code = `Object.defineProperty(process, 'versions', { value: { node: '20.19.0' } })`
  const args = ['--import', `data:text/javascript,${encodeURIComponent(code)}`]
  const [main, post] = [start(process.execPath, 'main', args), start(process.execPath, 'post', args)]
  expect([main.status, main.stderr, post.status, post.stderr]).toEqual([1, '', 0, ''])
  expect([main.stdout, post.stdout].map((text) => sentence.exec(text)?.[1])).toEqual(['error', 'notice'])
})

test('code that an old Node runs imports nothing before the version check', () => {
  for (const phase of ['main', 'post']) {
    const text = readFileSync(path.join(dist, `${phase}.mjs`), 'utf8')
    expect(text.length).toBeLessThan(2000)
    expect(text).not.toMatch(/^\s*(?:import|export)\b(?! ?\()/m)
    expect(text).toContain(`import("./run-${phase}.mjs")`)
  }
})
