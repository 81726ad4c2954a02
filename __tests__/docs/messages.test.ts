import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { below, root } from './pages.ts'

const page = readFileSync(path.join(root, 'docs/troubleshooting.md'), 'utf8')
/** The texts of the source as they are shown: quotes unescaped, strings concatenated. */
const source = below('src', '.ts')
  .map((name) => readFileSync(path.join(root, name), 'utf8'))
  .join('\n')
  .replaceAll(/['`] \+\n\s*['`]/g, '')
  .replaceAll(/\\(['`"])/g, '$1')

/** The messages in the first column of the page's tables. */
function messages(): readonly string[] {
  return [...page.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/(`+) ?(.+?) ?\1(?!`)/g)].map(([, , text = '']) => text),
  )
}

/** The part of a message that is the same in every run. */
function fixed(message: string): readonly string[] {
  return message
    .split('…')
    .map((part) => part.trim())
    .filter((part) => /[a-z]{3}/i.test(part))
}

describe('docs/troubleshooting.md', () => {
  test('quotes messages that the action says', () => {
    // Titles that the source concatenates from two parts, one of which is known.
    const composed =
      /^(?:the (?:module proxy|checksum database)|unknown to the|vendor does not agree with|go\.\w+) /
    const unknown = messages().filter(
      (message) => !composed.test(message) && !fixed(message).every((part) => source.includes(part)),
    )
    expect(messages().length).toBeGreaterThan(80)
    expect(unknown).toEqual([])
  })

  test.each([
    ['git-prompts', 'terminal prompts disabled'],
    ['git-prompts.go1.21', 'could not read Username'],
    ['proxy-401', '401 Unauthorized'],
    ['proxy-404', '404 Not Found'],
    ['proxy-410', '410 Gone'],
    ['revision-unknown-tag', 'unknown revision'],
  ])('tells which input later steps lack by what Go says there: %s', (golden, words) => {
    const said = readFileSync(path.join(root, '__tests__/golden/texts', `${golden}.txt`), 'utf8')
    const section = /### A later step says .*?(?=\n### )/s.exec(page)?.[0] ?? ''
    expect(section).toContain('`export-credentials: true`')
    for (const text of [said, section]) expect(text).toContain(words)
  })

  test('explains every title of a failure of the go command', () => {
    const folder = 'src/gocmd/explain'
    const titles = below(folder, '.ts').flatMap((name) =>
      [...readFileSync(path.join(root, name), 'utf8').matchAll(/\btitle: '([^']+)'/g)].map(
        ([, title]) => title ?? '',
      ),
    )
    expect(titles.length).toBeGreaterThan(20)
    expect(titles.filter((title) => !page.includes(`\`${title}\``))).toEqual([])
  })

  test('explains every annotation that is made in one piece', () => {
    const made = [...source.matchAll(/\b(?:runner\.)?(?:notice|warning)\(\s*[`']([^`'$]{20,})/g)].map(
      ([, text = '']) => text.trim(),
    )
    expect(made.length).toBeGreaterThan(0)
    expect(made.filter((text) => !page.includes(text))).toEqual([])
  })
})
