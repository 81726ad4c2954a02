import type { BundleContent } from '../modules/bundle.ts'
import type { BundleFit, BundleGap } from '../plan/bundle.ts'
import { block, code, document, escaped, folded, prose } from './markdown.ts'
import { type BundleReport, bytesText, secondsText } from './report.ts'

/** What is known of a bundle once it is open. */
interface Opened {
  readonly given: string
  readonly content: BundleContent
  readonly size: number
  readonly sha256: string
  readonly vouched: 'input' | 'file' | 'nothing'
}

/** One line of what a bundle is. */
export function openedText({ given, content, size, sha256, vouched }: Opened, extra: number): string {
  const by = {
    input: 'as input `bundle-sha256` says',
    file: 'as the file beside it says',
    nothing: 'which nothing vouches for: set `bundle-sha256`',
  }
  const toolchains = content.toolchains.map(({ version }) => version.replace(/^v0\.0\.1-/, ''))
  const more = [
    ...(toolchains.length === 0 ? [] : [`toolchains ${toolchains.join(', ')}`]),
    ...(content.others.some(({ path }) => path.startsWith('sumdb/')) ? ['the checksum database'] : []),
    ...(extra === 0 ? [] : [`${extra} not for this checkout`]),
  ]
  const what = [`${content.modules.length} module versions`, ...more].join(', ')
  return `Bundle ${given}: ${what}, scope ${content.scope}, ${bytesText(size)}, SHA-256 ${sha256}, ${by[vouched]}`
}

/** One line of what became of a bundle. */
export function takenText(
  into: 'proxy' | 'module-cache',
  { files, bytes }: { readonly files: readonly string[]; readonly bytes: number },
  seconds: number,
): string {
  const where = into === 'proxy' ? 'served as a GOPROXY of files' : 'put into GOMODCACHE'
  return `Bundle: ${files.length} files of ${bytesText(bytes)} proven and ${where} in ${secondsText(seconds)}`
}

/** One line of a bundle that was written. */
export function madeText(made: BundleReport): string {
  const { content, size, sha256, seconds } = made
  return `Bundle ${made.file}: ${content.modules.length} module versions, ${bytesText(size)}, SHA-256 ${sha256}, in ${secondsText(seconds)}`
}

/** What a checkout needs and a bundle has not, one a line. */
export function gapLines({ gaps }: BundleFit): readonly string[] {
  return gaps.map(({ name, part, expected, found }) => {
    const what = found === '' ? 'missing' : `another one: ${found} instead of ${expected}`
    return `${name}  ${part}  ${what}`
  })
}

/** As many gaps are shown. */
const most = 200

/**
 * The job summary of `bundle-check`.
 *
 * @returns Markdown, at most 200 kB whatever the data
 */
export function bundleCheckSummary(opened: Opened, fit: BundleFit): string {
  const { gaps, extra } = fit
  const result = gaps.length === 0 ? '### Bundle: enough for this checkout' : '### ❌ Bundle: not enough'
  const more = gaps.length - most
  return document(
    [
      [result],
      [prose(openedText(opened, extra.length))],
      gaps.length === 0
        ? []
        : [
            '| module | part | what |',
            '|---|---|---|',
            ...gaps.slice(0, most).map(gapRow),
            ...(more > 0 ? [`| and ${more} more | | |`] : []),
          ],
      extra.length === 0 ? [] : folded(`Not for this checkout: ${extra.length}`, block(extra.slice(0, most))),
    ],
    200_000,
  )
}

function gapRow({ name, part, expected, found }: BundleGap): string {
  const what = found === '' ? 'missing' : `${cell(found)} instead of ${cell(expected)}`
  return `| ${cell(name)} | ${part} | ${what} |`
}

/** In a table a `|` ends the cell, in code as well. */
function cell(text: string): string {
  return text.includes('|') ? escaped(text) : code(text)
}
