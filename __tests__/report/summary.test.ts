import { marked, type Tokens } from 'marked'
import { describe, expect, test } from 'vitest'
import { mainSamples, postSamples } from '../../scripts/summary-picture/samples.ts'
import { alreadyThere, missed, notSaved, type SaveOutcome } from '../../src/report/outcomes.ts'
import type { CacheReport, MainReport } from '../../src/report/report.ts'
import { failureSummary, mainSummary, postSummary } from '../../src/report/summary.ts'

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

/** The tables of a summary as their cells' text. */
function tables(summary: string): readonly (readonly (readonly string[])[])[] {
  return marked
    .lexer(summary)
    .filter((token): token is Tokens.Table => token.type === 'table')
    .map(({ header, rows }) => [header, ...rows].map((row) => row.map(({ text }) => text)))
}

/** What is folded, by its title. */
function foldedParts(summary: string): Readonly<Record<string, string>> {
  const parts = summary.matchAll(/<details>\n<summary>([^<]*)<\/summary>\n\n(.*?)\n\n<\/details>/gs)
  return Object.fromEntries([...parts].map(([, title = '', body = '']) => [title, body]))
}

/** The warm run with one cache as given. */
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

describe('the heading says in words', () => {
  test.each<[string, MainReport, string]>([
    ['what came of each cache', warm, '✅ Go dependencies: modules exact, build cache exact'],
    [
      'a toolchain too, if there is one',
      partial,
      '✅ Go dependencies: modules partial, build cache partial, toolchain exact',
    ],
    ['that nothing was there', first, '✅ Go dependencies: no cache entry yet'],
    ['that the step failed', failed, '❌ Go dependencies: failed'],
    [
      'that the cache made trouble',
      withBuild({ outcome: missed('down') }),
      '⚠️ Go dependencies: modules exact, build cache miss; the cache did not work',
    ],
    [
      'what this run may not restore',
      withBuild({ skipped: 'event release uses no cache' }),
      '✅ Go dependencies: modules exact, build cache not restored',
    ],
    [
      'nothing of a cache that the repository does not need',
      { ...warm, caches: [off('modules', true), off('build')] },
      '✅ Go dependencies: build cache off',
    ],
    [
      'that no cache is of use',
      { ...warm, caches: [off('modules', true)] },
      '✅ Go dependencies: no cache is needed',
    ],
  ])('%s', (_, report, text) => {
    expect(heading(mainSummary(report))).toBe(`### ${text}`)
  })
})

describe('failures', () => {
  test('come before everything else, each in full and an item of its own', () => {
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

  test('are told where nothing else can be: a cache without a report is left out', () => {
    const summary = mainSummary({ ...failed, caches: [], roots: [], timeline: [] })
    expect(tables(summary)).toEqual([])
    expect(summary).not.toContain('Saving')
  })
})

describe('what was found', () => {
  test('is the module of the checkout', () => {
    expect(mainSummary(warm)).toContain(
      '**Go**: 1.26.1, the go on PATH<br>\n**Found**: `github.com/acme/shop`\n',
    )
  })

  test('is every place with its label', () => {
    expect(mainSummary(partial)).toContain(
      '**Found**: a workspace of 4 modules, `github.com/acme/shop/tools/release` in `tools/release`',
    )
  })

  test('is folded when it is more than five places, and cut when it is very many', () => {
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
  test('are a table of four columns, the toolchain only where one is fetched', () => {
    expect(tables(mainSummary(warm))[0]).toEqual([
      ['cache', 'result', 'size', 'time'],
      ['Module cache', 'exact', '91&nbsp;MB', '1.3&nbsp;s'],
      ['Build cache', 'exact', '243&nbsp;MB', '2.1&nbsp;s'],
    ])
    expect(tables(mainSummary(partial))[0]?.map(([name]) => name)).toEqual([
      'cache',
      'Module cache',
      'Build cache',
      'Go toolchain',
    ])
  })

  test.each<[string, MainReport, string]>([
    ['another source', withBuild(partialIn('source')), 'differs in `source`: the code changed'],
    [
      'another graph',
      withBuild(partialIn('module graph')),
      'differs in `module graph`: the dependencies changed',
    ],
    ['another job', withBuild(partialIn('job')), 'differs in `job`: it comes from another job'],
    ['other directories', withBuild(partialIn('paths')), 'differs in `paths`: the directories are others'],
    ['a part without a meaning', withBuild(partialIn('environment')), 'differs in `environment`\n'],
    [
      'no entry',
      withBuild({ outcome: missed() }),
      'nothing was saved for this system, Go version and environment',
    ],
    ['trouble', withBuild({ outcome: missed('no answer within 3 s') }), 'no answer within 3 s'],
    ['all there', withBuild({ outcome: alreadyThere('exact') }), 'already on this machine'],
    ['not restored', withBuild({ skipped: 'the rule' }), 'the rule'],
    ['off', { ...warm, caches: [off('build')] }, 'the reason'],
  ])('say why: %s', (_, report, text) => {
    expect(mainSummary(report)).toContain(`- **Build cache**: ${text}`)
  })

  test('name the modules that are not as in the entry', () => {
    const text = mainSummary(partial)
    expect(text).toContain('so what is new is downloaded; 1 changed, 1 added')
    expect(foldedParts(text)['Modules that are not as in the entry']).toContain(
      'go.uber.org/zap v1.26.0 -> v1.27.0',
    )
  })

  test('tell what became of build objects when the job ends', () => {
    const text = postSummary(postSamples.warm ?? [])
    expect(text).toContain('2410 objects (243 MB) reused, 6 objects (1.5 kB) made anew')
  })
})

test('dependencies are told of by place, with what was fetched folded and cut', () => {
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
])('whether it saves (%s) is told with the rule', (save, text) => {
  expect(mainSummary({ ...warm, saving: { save, why: 'the rule' } })).toContain(`- **Saving**: ${text}\n`)
})

describe('the timeline', () => {
  const timelineOf = (timeline: MainReport['timeline']) => tables(mainSummary({ ...warm, timeline }))[1]

  test('has bars that begin where the work began, and the sum', () => {
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
      ['**in all**', '**10&nbsp;s**'],
    ])
  })

  test('says nothing of what took no time', () => {
    expect(timelineOf([{ what: 'a', from: 1, to: 1.04 }])).toBeUndefined()
    expect(mainSummary({ ...warm, timeline: [] })).not.toContain('What took how long')
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
    expect(rows.slice(-2)).toEqual(['and 18 shorter', '**in all**'])
  })
})

test('variables and keys are folded, with every part of every key and the entry that was restored', () => {
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
  expect(Object.keys(foldedParts(mainSummary(warm)))).toEqual(['Cache keys'])
})

test('what comes next is told only if there is something to tell', () => {
  expect(mainSummary(first)).toContain('**What comes next**\n\n- This job saves')
  expect(mainSummary(warm)).not.toContain('What comes next')
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

  test('tells what was saved, and why the rest was not', () => {
    const summary = postSummary([
      { name: 'modules', outcome: saved },
      { name: 'build', outcome: { ...notSaved('an entry with this key is there already'), held: true } },
      { name: 'toolchain', outcome: notSaved('the go command fetched none') },
    ])
    expect(heading(summary)).toBe('### ✅ Go dependencies: saved for the next run')
    expect(tables(summary)[0]?.slice(1)).toEqual([
      ['Module cache', 'saved', '2.0&nbsp;MB', '1.0&nbsp;s'],
      ['Build cache', 'there already', '–', '–'],
      ['Go toolchain', 'not saved', '–', '–'],
    ])
    expect(summary.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      '- **Build cache**: an entry with this key is there already',
      '- **Go toolchain**: the go command fetched none',
    ])
  })

  test('tells what the cache said when it did not work', () => {
    const summary = postSummary([
      { name: 'modules', outcome: notSaved('the cache could not be asked', 'HTTP 503') },
    ])
    expect(heading(summary)).toBe('### ⚠️ Go dependencies: nothing was saved; the cache did not work')
    expect(summary).toContain('- **Module cache**: the cache could not be asked (HTTP 503)')
  })
})

/** The warm run's build cache, restored from an entry whose key differs from one part on. */
function partialIn(part: string): Omit<CacheReport, 'name' | 'plan'> {
  const build = warm.caches.find(({ name }) => name === 'build')
  if (build?.outcome === undefined || !build.plan.wanted)
    throw new RangeError('the sample has no build cache')
  const matched = build.plan.key.parts.map(({ name, value }) => (name === part ? 'other' : value)).join('-')
  return { outcome: { ...build.outcome, found: 'partial', matched } }
}
