import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'

/** The root of the repository. */
export const root = path.resolve(import.meta.dirname, '../..')

/** A Markdown page. */
export interface Page {
  /** Relative to the root, with `/`. */
  readonly name: string
  readonly text: string
}

/** Every page that users or developers read. */
export function pages(): readonly Page[] {
  const names = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...below('docs', '.md')]
  return names.map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }))
}

/** Files below a folder with one of these suffixes, relative to the root, with `/`. */
export function below(folder: string, ending: string): readonly string[] {
  return readdirSync(path.join(root, folder), { recursive: true })
    .map((file) => `${folder}/${String(file).replaceAll(path.sep, '/')}`)
    .filter((file) => file.endsWith(ending))
    .sort()
}

/** A page's text without its fenced code. */
export function prose({ text }: Page): string {
  return text.replaceAll(/^( *)(`{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm, '')
}

/** A page's fenced blocks of a language. */
export function codeBlocks({ text }: Page, language: string): readonly string[] {
  return [...text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1``` *$/gm)]
    .filter(([, , found]) => found === language)
    .map(([, , , code = '']) => code)
}

/** The anchors that GitHub gives the headings of a page: letters, digits, `-` and `_`, repeated ones numbered. */
export function anchors(page: Page): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [, heading = ''] of prose(page).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-')
    const repeated = [...found].filter((one) => one.replace(/-\d+$/, '') === slug).length
    found.add(repeated === 0 ? slug : `${slug}-${repeated}`)
  }
  return found
}
