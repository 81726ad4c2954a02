import * as fc from 'fast-check'
import { marked, type Tokens } from 'marked'
import { describe, expect, test } from 'vitest'
import type { BundleContent } from '../../src/bundle/content.ts'
import type { BundleFit } from '../../src/bundle/select.ts'
import { makeKey } from '../../src/cache/key.ts'
import type { SaveReport } from '../../src/cache/outcomes.ts'
import { cacheMiss } from '../../src/cache/outcomes.ts'
import type { MainReport } from '../../src/report/report.ts'
import {
  bundleCheckSummary,
  failureSummary,
  mainSummary,
  nothingSummary,
  planSummary,
  postSummary,
} from '../../src/report/summary.ts'
import { notSaved } from './unsaved.ts'

/** Markup, text that GitHub turns into links and pictures, and characters that end a block or a line. */
const pieces = [
  ...[
    '|',
    '\\',
    '`',
    '``',
    '```',
    '~~~',
    '*',
    '**',
    '_',
    '[',
    ']',
    '(',
    ')',
    '![',
    '](x)',
    '#',
    '>',
    '<',
    '!',
  ],
  ...[
    '- ',
    '+ ',
    '1. ',
    '1) ',
    '---',
    '===',
    '    ',
    '\t',
    ' ',
    '\n',
    '\r\n',
    '\n\n',
    '\u2028',
    ':--',
    '|-|',
  ],
  ...['<img src=x>', '<b>', '</details>', '</summary>', '<!--', '-->', '<![CDATA[', '<https://example.com>'],
  ...[
    '&lt;',
    '&#60;',
    '&',
    ';',
    '$',
    '$$',
    '~~',
    ':tada:',
    '@',
    'a@b.cc',
    'https://example.com',
    'www.example.com',
  ],
  ...[
    'a',
    'b',
    'go.mod:3',
    '.',
    ',',
    ':',
    '"',
    '\u202e',
    '\u0000',
    '\u001b[31m',
    '\ud800',
    '😀',
    '[^1]',
    '[^1]: x',
  ],
]
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

/** A report with hostile data in every place, a different piece in each. */
function reportOf(next: () => string): MainReport {
  const key = makeKey(
    [
      { name: 'schema', value: 's1', of: next() },
      { name: next(), value: 'abc', of: next() },
    ],
    1,
  )
  const plan = { wanted: true, key, why: next() } as const
  const partial = { ...cacheMiss(), found: 'partial', matched: `s1-${next()}` } as const
  return {
    go: { version: next(), origin: next(), isFetched: true },
    roots: [
      { label: next(), what: next(), isWorkspace: true },
      { label: '.', what: `two words ${next()}`, isWorkspace: true },
    ],
    variables: [{ name: next(), shown: next(), why: next() }],
    caches: [
      { name: 'modules', plan, outcome: cacheMiss(next() || 'down') },
      { name: 'build', plan, outcome: partial },
      { name: 'toolchain', plan, skipped: next() },
    ],
    needed: ['path@v1.0.0', next()],
    vendored: true,
    notices: [next(), next()],
    dependencies: [
      { label: next(), text: next(), fetched: ['path@v1.0.0', `x${next()}`], vendorChanged: true },
      { label: next(), text: next(), fetched: [], lacksHashes: true },
    ],
    saving: { save: 'no', why: next() },
    timeline: [
      { what: next(), from: 0, to: 1 },
      { what: next(), from: 1, to: 3 },
    ],
    failures: [next(), next()],
  }
}

function savesOf(next: () => string): readonly SaveReport[] {
  return [
    { name: 'modules', outcome: notSaved(`x ${next()}`, next()) },
    { name: 'build', outcome: notSaved(`y ${next()}`) },
  ]
}

function openedOf(next: () => string): Parameters<typeof bundleCheckSummary>[0] {
  const module = { path: next(), version: next() }
  const content = { schema: 1, scope: 'build', go: [], sums: '', unused: [], others: [] } as const
  const whole: BundleContent = { ...content, modules: [module], toolchains: [module] }
  return { given: next(), content: whole, size: 1, sha256: next(), verifiedBy: 'file' }
}

function gapsOf(next: () => string): BundleFit {
  const gap = { name: next(), part: 'files', expected: next() } as const
  return {
    gaps: [
      { ...gap, found: '' },
      { ...gap, found: `x${next()}` },
    ],
    extra: [next()],
  }
}

const kinds: readonly (readonly [string, (next: () => string) => string])[] = [
  ['main', (next) => mainSummary(reportOf(next))],
  ['main without failures', (next) => mainSummary({ ...reportOf(next), failures: [] })],
  [
    'main with many places',
    (next) =>
      mainSummary({
        ...reportOf(next),
        roots: Array.from({ length: 9 }, () => ({ label: next(), what: next(), isWorkspace: false })),
      }),
  ],
  ['post', (next) => postSummary(savesOf(next))],
  ['a dry run', (next) => planSummary([next(), `key: ${next()}`])],
  ['nothing to do', (next) => nothingSummary(`x ${next()}`)],
  ['the check of a bundle', (next) => bundleCheckSummary(openedOf(next), gapsOf(next))],
  ['an early failure', (next) => failureSummary([next(), next()])],
]

/** Counts the opening tags of each HTML element. Data appears only as code and line breaks in a paragraph. */
function elements(markdown: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  const html = marked.parse(markdown, { gfm: true, async: false })
  for (const [, name = ''] of html.matchAll(/<([a-z!?/][^\s>]*)/gi)) {
    if (!/^\/?(?:code|br)$/.test(name)) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe('for any data', () => {
  test.each(kinds)('%s: the data adds no element, table cell or list item', async (_, summary) => {
    const expected = elements(summary(() => 'plain'))
    await fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 5 }), (texts) => {
        let count = 0
        const next = () => texts[count++ % texts.length] ?? ''
        expect(elements(summary(next))).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  test('a name in a table stays in its column', async () => {
    await fc.assert(
      fc.property(hostile, (text) => {
        const [, summary = ''] =
          /<summary>Timeline<\/summary>\n\n(.*?)\n\n<\/details>/s.exec(mainSummary(reportOf(() => text))) ??
          []
        const [table] = marked.lexer(summary) as Tokens.Table[]
        const times = table?.rows.map((cells) => cells.map((cell) => cell.text)[1])
        expect(times).toEqual(['1.0&nbsp;s', '2.0&nbsp;s', '**3.0&nbsp;s**'])
      }),
      { examples: [['a|b'], ['a\\|b'], ['a\\\\|b'], ['`a|b`']] },
    )
  })

  test.each(kinds)(
    '%s: no character changes the direction of the text or controls a terminal',
    (_, summary) => {
      expect(summary(() => '\u202eabc\u2066\u001b[31m\u0000\ud800')).not.toMatch(
        /(?!\n)\p{Cc}|\p{Bidi_Control}|\p{Surrogate}/u,
      )
    },
  )
})

describe('messages stay readable', () => {
  /** The text that a browser shows: without tags, with references resolved. */
  const shown = (markdown: string): string =>
    marked
      .parse(markdown, { gfm: true, async: false })
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&#8288;', '')
      .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')

  test('a text without backticks is shown unchanged', async () => {
    const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.property(
        text.filter((one) => !one.includes('`')),
        (one) => {
          expect(shown(failureSummary([one]))).toContain(one.trim().replaceAll(/ +/g, ' '))
        },
      ),
    )
  })

  test('backticks become code, and so does what GitHub would turn into a link or a picture', () => {
    const html = marked.parse(
      failureSummary([
        '`go mod tidy` in (golang.org/x/text@v0.3.0): go.mod:100: see https://example.com/a_b_c.',
      ]),
      { gfm: true, async: false },
    )
    expect(html).toContain(
      '<code>go mod tidy</code> in (<code>golang.org/x/text@v0.3.0</code>): <code>go.mod:100</code>: see <code>https://example.com/a_b_c</code>.',
    )
  })
})

describe('for any amount of data', () => {
  const many = <T>(one: T): T[] => Array.from({ length: 300 }, () => one)

  test.each(['|', '@', '`', '\n', '<b>', '(@', '😀', ' a'])(
    'many long texts of "%s" stay below 200 kB',
    (text) => {
      const report = reportOf(() => text.repeat(20_000))
      const full: MainReport = {
        ...report,
        roots: many(report.roots).flat(),
        variables: many(report.variables).flat(),
        dependencies: many(report.dependencies).flat(),
        timeline: many(report.timeline).flat(),
        failures: many(report.failures).flat(),
      }
      const summary = mainSummary(full)
      expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(200_000)
      const { details = 0, '/details': ended = 0 } = elements(summary)
      expect(ended).toBe(details)
      expect(Buffer.byteLength(failureSummary(full.failures))).toBeLessThanOrEqual(200_000)
      expect(Buffer.byteLength(postSummary(savesOf(() => text.repeat(20_000))))).toBeLessThanOrEqual(200_000)
    },
  )
})
