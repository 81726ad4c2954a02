import { marked, type Tokens } from 'marked'
import { describe, expect, test } from 'vitest'
import { mainSamples, postSamples } from '../../scripts/summary-picture/samples.ts'
import type { CacheReport, SaveReport } from '../../src/cache/outcomes.ts'
import { alreadyCached, cacheMiss, type SaveOutcome } from '../../src/cache/outcomes.ts'
import type { FetchedFrom } from '../../src/dependencies/plan.ts'
import type { MainReport } from '../../src/report/report.ts'
import {
  failureSummary,
  lookupSummary,
  mainSummary,
  nothingSummary,
  planSummary,
  postSummary,
} from '../../src/report/summary.ts'
import { nothingNew, notSaved } from './unsaved.ts'

const sample = (name: string): MainReport => {
  const report = mainSamples[name]
  if (report === undefined) throw new RangeError(`there is no sample ${name}`)
  return report
}
const [warm, first, partial, failed] = ['warm', 'first', 'partial', 'failed'].map(sample) as [
  MainReport,
  MainReport,
  MainReport,
  MainReport,
]

const heading = (summary: string): string => summary.split('\n')[0] ?? ''

/** The tables of a summary as the text of their cells. */
function tables(summary: string): readonly (readonly (readonly string[])[])[] {
  return marked
    .lexer(summary)
    .filter((token): token is Tokens.Table => token.type === 'table')
    .map(({ header, rows }) => [header, ...rows].map((row) => row.map(({ text }) => text)))
}

/** The folded parts, by title. */
function foldedParts(summary: string): Readonly<Record<string, string>> {
  const parts = summary.matchAll(/<details>\n<summary>([^<]*)<\/summary>\n\n(.*?)\n\n<\/details>/gs)
  return Object.fromEntries([...parts].map(([, title = '', body = '']) => [title, body]))
}

/** A warm run with this report for one cache. */
const withBuild = (build: Omit<CacheReport, 'name' | 'plan'>): MainReport => ({
  ...warm,
  caches: warm.caches.map((cache) =>
    cache.name === 'build' ? { name: 'build', plan: cache.plan, ...build } : cache,
  ),
})

const off = (name: CacheReport['name'], expected?: true): CacheReport => ({
  name,
  plan: { wanted: false, why: 'the reason', ...(expected === undefined ? {} : { expected }) },
})

describe('the first line states what was reused and downloaded, and how long the restore took', () => {
  const cold = { outcome: cacheMiss() }
  const vendored = {
    ...warm,
    vendored: true,
    caches: [off('modules', true), ...warm.caches.slice(1)],
    needed: [],
  }
  const from = (sources: Partial<FetchedFrom>, fetched = warm.needed.slice(0, 3)): MainReport => ({
    ...warm,
    dependencies: [
      { label: '.', text: '', fetched, sources: { bundle: 0, zips: 0, folder: 0, network: 0, ...sources } },
    ],
  })
  test.each<[string, MainReport, string]>([
    ['a warm run', warm, '100 % of 74 modules reused, nothing downloaded, restored in 2.1 s'],
    ['a bump', partial, '97 % of 74 modules reused, 2 downloaded, restored in 2.9 s'],
    ['a first run', first, 'no cache entry yet, 8 modules downloaded'],
    [
      'modules alone',
      withBuild(cold),
      '100 % of 74 modules reused, no build cache entry yet, nothing downloaded, restored in 1.3 s',
    ],
    [
      'a vendored module',
      { ...vendored, dependencies: [] },
      'vendored, build cache exact, restored in 2.1 s',
    ],
    [
      'a bundle',
      from({ bundle: 3 }),
      '95 % of 74 modules reused, 3 taken from the bundle, restored in 2.1 s',
    ],
    [
      'a bundle with a proxy behind it',
      from({ bundle: 2, network: 1 }),
      '95 % of 74 modules reused, 1 downloaded, 2 taken from the bundle, restored in 2.1 s',
    ],
    [
      'everything on the machine',
      {
        ...warm,
        caches: warm.caches.slice(0, 2).map((one) => ({ ...one, outcome: alreadyCached('exact') })),
      },
      '100 % of 74 modules reused, nothing downloaded',
    ],
    [
      'one module',
      { ...warm, needed: ['example.com/a@v1.0.0'] },
      '100 % of 1 module reused, nothing downloaded, restored in 2.1 s',
    ],
    [
      'a forbidden restore',
      {
        ...vendored,
        caches: [
          { ...(warm.caches[1] as CacheReport), outcome: undefined, skipped: 'x' } as unknown as CacheReport,
        ],
        dependencies: [],
      },
      'vendored, nothing restored',
    ],
    [
      'no cache needed',
      { ...warm, caches: [off('modules', true)], needed: [], dependencies: [] },
      'no cache is needed',
    ],
    [
      'disabled caches',
      { ...warm, caches: [off('modules'), off('build')], needed: [], dependencies: [] },
      'caches off',
    ],
  ])('%s', (_, report, text) => {
    expect(heading(mainSummary(report))).toBe(`### Go dependencies: ${text}`)
  })

  test('a failure and a broken cache are marked, and nothing is ticked', () => {
    expect(heading(mainSummary(failed))).toBe('### ❌ Go dependencies: failed')
    expect(heading(mainSummary(withBuild({ outcome: cacheMiss('down') })))).toBe(
      '### ⚠️ Go dependencies: 100 % of 74 modules reused, nothing downloaded, restored in 1.3 s; the cache did not work',
    )
    // The summary of main is on the page even if a later step fails.
    const summaries = [warm, first, partial, failed].map(mainSummary)
    expect([...summaries, ...Object.values(postSamples).map(postSummary)].join('')).not.toContain('✅')
  })
})

describe('a warm run', () => {
  test('is two lines, and the rest is folded', () => {
    const seen = mainSummary(warm)
      .replaceAll(/<details>.*?<\/details>\n/gs, '')
      .trim()
    expect(seen.split(/\n+/)).toEqual([
      '### Go dependencies: 100 % of 74 modules reused, nothing downloaded, restored in 2.1 s',
      '**Go**: 1.26.1, the go on PATH<br>',
      '**Found**: `github.com/acme/shop`',
    ])
    expect(Object.keys(foldedParts(mainSummary(warm)))).toEqual(['Caches', 'Timeline', 'Cache keys'])
  })

  test('has one more line when the job ends, and no heading', () => {
    expect(postSummary(postSamples.warm ?? [])).toBe(
      '**Go dependencies**: up to date, nothing new to save. 99 % of 2416 build objects reused\n',
    )
  })

  test('names facts that the user may not expect', () => {
    expect(mainSummary({ ...warm, notices: ['the build cache is not saved'] })).toContain(
      '\n\n- **Note**: the build cache is not saved\n',
    )
  })
})

describe('failures', () => {
  test('come first, each in full as a separate item', () => {
    const text = 'one two three '.repeat(100).trim()
    const summary = mainSummary({ ...failed, failures: [text, 'another'] })
    expect(summary.split('\n').slice(0, 4)).toEqual([
      '### ❌ Go dependencies: failed',
      '',
      `- ${text}`,
      '- another',
    ])
  })

  test('keep their lines', () => {
    expect(failureSummary(['first\n\tsecond\r\nthird'])).toBe(
      '### ❌ Go dependencies: failed\n\n- first<br>second<br>third\n',
    )
  })

  test('appear even without any other content: a cache without a report is omitted', () => {
    const summary = mainSummary({ ...failed, caches: [], roots: [], timeline: [] })
    expect(summary).not.toContain('cache**')
    expect(summary).not.toContain('Saving')
  })
})

describe('detected modules', () => {
  test('are one line for a single module', () => {
    expect(mainSummary(warm)).toContain(
      '**Go**: 1.26.1, the go on PATH<br>\n**Found**: `github.com/acme/shop`\n',
    )
  })

  test('are listed with their labels', () => {
    expect(mainSummary(partial)).toContain(
      '**Found**: a workspace of 4 modules, `github.com/acme/shop/tools/release` in `tools/release`',
    )
  })

  test('are folded above five, and cut above a maximum', () => {
    const roots = Array.from({ length: 40 }, (_, index) => ({
      label: `m${index}`,
      what: `example.com/m${index}`,
      isWorkspace: false,
    }))
    const of = (count: number) => mainSummary({ ...warm, roots: roots.slice(0, count) })
    expect(of(5)).toContain('`example.com/m4` in `m4`\n')
    expect(of(6)).not.toContain('**Found**')
    expect(foldedParts(of(6))['Found 6 modules and workspaces']?.split('\n')).toHaveLength(6)
    const many = foldedParts(of(40))['Found 40 modules and workspaces']?.split('\n') ?? []
    expect(many.slice(-2)).toEqual(['- `example.com/m29` in `m29`', '- and 10 more'])
  })
})

describe('the caches', () => {
  test('are listed with the size of the stored entry, and the toolchain only if one is downloaded', () => {
    expect(foldedParts(mainSummary(warm)).Caches?.split('\n').slice(0, 2)).toEqual([
      '- **Module cache**: exact, 21 MB stored, restored in 1.3 s: the same module graph',
      '- **Build cache**: exact, 64 MB stored, restored in 2.1 s: the same source',
    ])
    expect(mainSummary(partial)).toContain(
      '- **Go toolchain**: exact, 71 MB stored, restored in 2.9 s: the same version\n',
    )
    expect(mainSummary(warm)).not.toContain('toolchain')
  })

  test('are listed with the speed of the transfer, where it is known', () => {
    const transfer = { store: 'github', bytes: 21_000_000, seconds: 0.5, requests: 9, retries: 0 }
    const caches = warm.caches.map((one) =>
      one.outcome === undefined ? one : { ...one, outcome: { ...one.outcome, transfer } },
    )
    expect(mainSummary({ ...warm, caches } as MainReport)).toContain('restored in 1.3 s, 42 MB/s: the same')
  })

  test.each<[string, MainReport, string]>([
    ['another source', withBuild(partialIn('source')), 'differs in `source`: the code changed'],
    [
      'another graph',
      withBuild(partialIn('module graph')),
      'differs in `module graph`: the dependencies changed',
    ],
    ['another job', withBuild(partialIn('job')), 'differs in `job`: it is from another job'],
    ['other directories', withBuild(partialIn('paths')), 'differs in `paths`: the directories differ'],
    ['a part without an explanation', withBuild(partialIn('environment')), 'differs in `environment`\n'],
    [
      'no entry',
      withBuild({ outcome: cacheMiss() }),
      'nothing was saved for this system, Go version and environment',
    ],
    ['a failure', withBuild({ outcome: cacheMiss('no answer within 3 s') }), ': miss: no answer within 3 s'],
    ['all there', withBuild({ outcome: alreadyCached('exact') }), ': not requested: already on this machine'],
    [
      'most there',
      withBuild({ outcome: alreadyCached('partial') }),
      ': not requested: most modules are on this machine already',
    ],
    ['not restored', withBuild({ skipped: 'the rule' }), ': not restored: the rule'],
    ['off', { ...warm, caches: [off('build')] }, ': off: the reason'],
    ['not needed', { ...warm, caches: [off('build', true)] }, ': not needed: the reason'],
  ])('give the reason: %s', (_, report, text) => {
    const [line = ''] = /^- \*\*Build cache\*\*: .*\n/m.exec(mainSummary(report)) ?? []
    expect(line).toContain(text)
  })

  test('of a vendored repository serve only the checks of this step', () => {
    const text = mainSummary({ ...warm, vendored: true, needed: [] })
    expect(text).toContain('- **Module cache**: only for the checks of this step, exact, 21 MB stored')
    expect(text).toContain('- **Build cache**: exact, 64 MB stored')
    expect(heading(text)).toBe('### Go dependencies: vendored, build cache exact, restored in 2.1 s')
  })

  test('mention a toolchain that was not saved', () => {
    const caches = partial.caches.map((cache) =>
      cache.name === 'toolchain' ? { ...cache, outcome: cacheMiss() } : cache,
    )
    expect(heading(mainSummary({ ...partial, caches }))).toContain(', 2 downloaded, Go toolchain downloaded,')
  })

  test('name the modules that differ from the entry', () => {
    const text = mainSummary(partial)
    expect(text).toContain('so new modules are downloaded; 1 changed, 1 added')
    expect(foldedParts(text)['Modules that differ from the entry']).toContain(
      'go.uber.org/zap v1.26.0 -> v1.27.0',
    )
  })
})

test('dependencies are listed by module, with downloads folded and cut', () => {
  const fetched = Array.from({ length: 60 }, (_, index) => `example.com/m${index}@v1.0.0`)
  const summary = mainSummary({
    ...warm,
    dependencies: [
      { label: '.', text: '60 downloaded in 1.0 s', fetched },
      { label: 'tools', text: '1 downloaded in 0.1 s', fetched: fetched.slice(0, 1) },
    ],
  })
  expect(summary).toContain(
    '- **Dependencies**: 60 downloaded in 1.0 s\n- **Dependencies** of `tools`: 1 downloaded',
  )
  const list = foldedParts(summary)['Downloaded 60 modules']?.split('\n') ?? []
  expect(list[1]).toBe('example.com/m0@v1.0.0')
  expect(list.slice(-3)).toEqual(['example.com/m49@v1.0.0', 'and 10 more', '```'])
})

test.each<[MainReport['saving']['save'], string]>([
  ['yes', 'when the job ends (the rule)'],
  ['no', 'not in this run (the rule)'],
  ['if-nothing-found', 'the rule'],
])('the save decision (%s) is shown with the rule', (save, text) => {
  expect(mainSummary({ ...warm, saving: { save, why: 'the rule' } })).toContain(`- **Saving**: ${text}\n`)
})

test('a step that only restores names the step that saves', () => {
  const texts = (['yes', 'no', 'if-nothing-found'] as const).map((save) => {
    const saving = { save, why: 'the rule', needsStep: true } as const
    return /(?<=- \*\*Saving\*\*: )[^\n]*/.exec(mainSummary({ ...warm, saving }))?.[0]
  })
  const step = 'in a later step with `org/go-deps-action/save` (the rule)'
  expect(texts).toEqual([step, 'not in this run (the rule)', step])
})

test('a lookup shows what was found, and what fails because of a miss', () => {
  const [modules, build] = warm.caches
  const found = { ...alreadyCached('exact'), alreadyCached: false, lookedUp: true } as const
  const caches = [
    { name: 'modules', plan: modules?.plan, outcome: { ...found, matched: 'k1' } },
    { name: 'build', plan: build?.plan, outcome: { ...cacheMiss(), lookedUp: true } },
  ] as CacheReport[]
  const summary = lookupSummary(caches, [])
  expect(heading(summary)).toBe('### Go dependencies: only looked up')
  expect(summary).toContain('- **Build cache**: miss: nothing was saved')
  expect(foldedParts(summary)['Cache keys']).toContain('found: k1')
  expect(heading(lookupSummary(caches, ['there is no entry']))).toBe('### ❌ Go dependencies: failed')
})

describe('the timeline', () => {
  const timelineOf = (timeline: MainReport['timeline']) =>
    tables(foldedParts(mainSummary({ ...warm, timeline })).Timeline ?? '')[0]

  test('has bars at their start times, and the sum', () => {
    expect(
      timelineOf([
        { what: 'a', from: 0, to: 5 },
        { what: 'b', from: 0, to: 10 },
        { what: 'c', from: 5, to: 10 },
        { what: 'd', from: 9.94, to: 10 },
      ]),
    ).toEqual([
      ['step', 'time'],
      ['a<br>`██████████▁▁▁▁▁▁▁▁▁▁`', '5.0&nbsp;s'],
      ['b<br>`████████████████████`', '10&nbsp;s'],
      ['c<br>`▁▁▁▁▁▁▁▁▁▁██████████`', '5.0&nbsp;s'],
      ['d<br>`▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█`', '0.1&nbsp;s'],
      ['**total**', '**10&nbsp;s**'],
    ])
  })

  test('omits work that took no time', () => {
    expect(timelineOf([{ what: 'a', from: 1, to: 1.04 }])).toBeUndefined()
    expect(mainSummary({ ...warm, timeline: [] })).not.toContain('Timeline')
  })

  test('keeps the longest of very many', () => {
    const spans = Array.from({ length: 30 }, (_, index) => ({
      what: `s${index}`,
      from: index,
      to: index + 1 + index / 100,
    }))
    const rows = timelineOf(spans)?.map(([name]) => name?.replace(/<br>.*/, '')) ?? []
    expect(rows).toHaveLength(15)
    expect(rows.slice(1, 3)).toEqual(['s18', 's19'])
    expect(rows.slice(-2)).toEqual(['and 18 shorter', '**total**'])
  })
})

test('variables and keys are folded, with every part of every key and the restored entry', () => {
  const parts = foldedParts(mainSummary(partial))
  expect(parts['Variables for this and later steps']).toContain(
    'GOPRIVATE=github.com/acme/*  (input `goprivate`)',
  )
  for (const { plan, outcome } of partial.caches) {
    if (!plan.wanted) continue
    expect(parts['Cache keys']).toContain(`key: ${plan.key.full}\n`)
    expect(parts['Cache keys']).toContain(`restored: ${outcome?.matched}\n`)
    for (const { value, of } of plan.key.parts) expect(parts['Cache keys']).toContain(`${value}  (${of})`)
  }
})

test('next steps appear only if there are any', () => {
  expect(mainSummary(first)).toContain('**Next steps**\n\n- This job saves')
  expect(mainSummary(warm)).not.toContain('Next steps')
})

describe('post', () => {
  const saved: SaveOutcome = {
    ...notSaved('the rule'),
    saved: true,
    key: 'k',
    files: 3,
    bytes: 2_000_000,
    seconds: 1,
  }

  const upToDate = nothingNew('nothing was added to the entry that was restored', 'k')
  const counts = {
    reused: { objects: 1, bytes: 1 },
    fresh: { objects: 1, bytes: 1 },
    pruned: { objects: 0, bytes: 0 },
  }
  const cases: readonly (readonly [string, readonly SaveReport[], readonly string[]])[] = [
    [
      'everything new',
      [
        { name: 'modules', outcome: saved },
        { name: 'build', outcome: { ...saved, bytes: 3e6, seconds: 2, counts } },
      ],
      [
        'saved for the next run: module cache 2.0 MB, build cache 3.0 MB stored, in 2.0 s. 50 % of 2 build objects reused',
      ],
    ],
    [
      'a part, and why the rest is not saved',
      [
        { name: 'modules', outcome: saved },
        { name: 'build', outcome: upToDate },
        { name: 'toolchain', outcome: notSaved('the go command fetched no toolchain') },
      ],
      [
        'saved for the next run: module cache 2.0 MB stored, in 1.0 s',
        '- **Go toolchain**: the go command fetched no toolchain',
      ],
    ],
    [
      'nothing, because everything is there',
      [
        { name: 'modules', outcome: upToDate },
        { name: 'build', outcome: upToDate },
      ],
      ['up to date, nothing new to save'],
    ],
    [
      'nothing, for one reason',
      [
        { name: 'modules', outcome: notSaved('runs for a fork only restore') },
        { name: 'build', outcome: notSaved('runs for a fork only restore') },
      ],
      ['nothing is saved: runs for a fork only restore'],
    ],
    [
      'nothing, although one is up to date',
      [
        { name: 'modules', outcome: upToDate },
        { name: 'build', outcome: notSaved('the job failed') },
      ],
      ['nothing is saved: the job failed'],
    ],
    [
      'nothing, for several reasons',
      [
        { name: 'modules', outcome: notSaved('there are no modules to save') },
        { name: 'build', outcome: notSaved('the job failed') },
      ],
      [
        'nothing is saved',
        '- **Module cache**: there are no modules to save',
        '- **Build cache**: the job failed',
      ],
    ],
  ]
  test.each(cases)('states that it saved %s', (_, saves, [first, ...others]) => {
    expect(postSummary(saves).trim().split(/\n+/)).toEqual([`**Go dependencies**: ${first}`, ...others])
  })

  test('shows the message of a cache that failed', () => {
    const summary = postSummary([
      { name: 'modules', outcome: notSaved('the cache did not answer', 'HTTP 503') },
      { name: 'build', outcome: upToDate },
    ])
    expect(summary.trim().split(/\n+/)).toEqual([
      '⚠️ **Go dependencies**: nothing is saved, because the cache did not work',
      '- **Module cache**: the cache did not answer (HTTP 503)',
    ])
  })
})

describe('without a report', () => {
  test('shows the plan of a dry run', () => {
    expect(planSummary(['Module cache: on', '  key: a|b-`c`'])).toBe(
      '### Go dependencies: dry run, nothing was done\n\n```text\nModule cache: on\n  key: a|b-`c`\n```\n',
    )
  })

  test('gives the reason if there is nothing to do', () => {
    expect(nothingSummary('There is no go.mod.')).toBe(
      '### Go dependencies: nothing to do\n\nThere is no go.mod.\n',
    )
  })
})

/** The build cache of the warm run, restored from an entry whose key differs from this part on. */
function partialIn(part: string): Omit<CacheReport, 'name' | 'plan'> {
  const build = warm.caches.find(({ name }) => name === 'build')
  if (build?.outcome === undefined || !build.plan.wanted)
    throw new RangeError('the sample has no build cache')
  const matched = build.plan.key.parts.map(({ name, value }) => (name === part ? 'other' : value)).join('-')
  return { outcome: { ...build.outcome, found: 'partial', matched } }
}
