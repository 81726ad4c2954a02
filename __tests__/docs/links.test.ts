import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { anchors, type Page, pages, prose, root } from './pages.ts'

const all = pages()

/** Finds broken links of a page, as `target: why`. */
function broken(page: Page): readonly string[] {
  const targets = [...prose(page).matchAll(/\]\(([^)\s]+)\)|(?:href|src)="([^"]+)"/g)].map(
    ([, link, attribute]) => link ?? attribute ?? '',
  )
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .flatMap((target) => {
      const [file = '', anchor] = target.split('#')
      const name = file === '' ? page.name : path.posix.join(path.posix.dirname(page.name), file)
      if (!existsSync(path.join(root, name))) return [`${target}: no such file`]
      if (anchor === undefined) return []
      const other = all.find((one) => one.name === name)
      return other !== undefined && anchors(other).has(anchor) ? [] : [`${target}: no such heading`]
    })
}

describe('links between pages', () => {
  test.each(all)('lead to files and headings that exist: $name', (page) => {
    expect(broken(page)).toEqual([])
  })

  test('are checked, and broken ones are found', () => {
    const page = {
      name: 'docs/keys.md',
      text: '[a](nowhere.md) [b](keys.md#nothing) ![c](#x)\n```\n[d](no)\n```\n',
    }
    expect(broken(page)).toEqual([
      'nowhere.md: no such file',
      'keys.md#nothing: no such heading',
      '#x: no such heading',
    ])
  })

  test('lead from the README to every page of docs', () => {
    const readme = all.find(({ name }) => name === 'README.md')?.text ?? ''
    const missing = all.filter(({ name }) => /^docs\/[^/]+$/.test(name) && !readme.includes(`](${name}`))
    expect(missing.map(({ name }) => name)).toEqual([])
  })

  test('use the anchors of GitHub', () => {
    const text = '## `-modfile`, submodules\n### A: b_c (d)\n### A: b_c (d)\n'
    expect([...anchors({ name: '', text })]).toEqual(['-modfile-submodules', 'a-b_c-d', 'a-b_c-d-1'])
  })
})
