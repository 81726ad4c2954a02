// Summaries as runs of every kind would write them: `node scripts/summary-picture/samples.ts <folder>` writes them
// there as Markdown files, for main.mjs to make pictures of.
import { mkdir, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CachePlan } from '../../src/cache/key.ts'
import { type KeyPart, makeKey } from '../../src/cache/key.ts'
import type { SaveReport } from '../../src/cache/outcomes.ts'
import { cacheMiss, type RestoreOutcome, type SaveOutcome } from '../../src/cache/outcomes.ts'
import { refuse } from '../../src/cache/save-rules.ts'
import type { MainReport } from '../../src/report/report.ts'
import { failureSummary, mainSummary, postSummary } from '../../src/report/summary.ts'

const schemaPart = (kind: string): KeyPart => ({
  name: 'schema',
  value: `godeps.${kind}.v1`,
  of: 'layout of the entry',
})
const goPart: KeyPart = { name: 'go', value: 'go1.26.1', of: 'effective Go version' }
const graphPart: KeyPart = {
  name: 'module graph',
  value: 'f2a90c6e11d34b87',
  of: 'go.sum, go.mod and go.work by meaning',
}

const modulesKey = makeKey(
  [schemaPart('modules'), { name: 'module', value: '6b1f0a3d92c4', of: 'github.com/acme/shop' }, graphPart],
  2,
)

const buildKey = makeKey(
  [
    schemaPart('build'),
    { name: 'system', value: 'linux.ubuntu24.04.glibc2.39', of: 'operating system, release, libc' },
    { name: 'architecture', value: 'x64', of: 'architecture of the runner' },
    goPart,
    { name: 'environment', value: '0d8e4bb1a7f2', of: 'go env and the C compiler' },
    { name: 'paths', value: '57c2e9d0416a', of: 'directories of the checkout, GOMODCACHE and GOROOT' },
    { name: 'job', value: '93a1f64c20be', of: 'workflow, job and matrix' },
    graphPart,
    { name: 'source', value: 'c4417d90be25', of: 'what is checked out' },
  ],
  5,
)

const toolchainKey = makeKey(
  [
    schemaPart('toolchain'),
    goPart,
    { name: 'system', value: 'linux', of: 'operating system' },
    { name: 'architecture', value: 'amd64', of: 'architecture' },
  ],
  4,
)

const modulesPlan: CachePlan = { wanted: true, key: modulesKey, why: 'a module with dependencies' }
const buildPlan: CachePlan = { wanted: true, key: buildKey, why: 'builds reuse compiled packages' }
const noToolchain: CachePlan = { wanted: false, why: 'the installed Go builds the modules', expected: true }
const toolchainPlan: CachePlan = {
  wanted: true,
  key: toolchainKey,
  why: 'go1.24.9 is installed, and go1.26.1 is requested',
}

/** What a restored entry came to; one that differs in a part has another value there. */
function restored(plan: CachePlan, bytes: number, seconds: number, differs?: string): RestoreOutcome {
  const parts = plan.wanted ? plan.key.parts : []
  const matched = parts.map(({ name, value }) => (name === differs ? '81e07fa3c55d' : value)).join('-')
  return {
    found: differs === undefined ? 'exact' : 'partial',
    matched,
    alreadyCached: false,
    files: Math.round(bytes / 14_000),
    bytes,
    seconds,
    error: '',
    unreachable: false,
    corrupt: false,
  }
}

const fetched = [
  'github.com/prometheus/client_golang@v1.23.2',
  'github.com/spf13/cobra@v1.10.1',
  'github.com/spf13/viper@v1.21.0',
  'github.com/stretchr/testify@v1.11.1',
  'go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc@v0.63.0',
  'go.uber.org/zap@v1.27.0',
  'golang.org/x/text@v0.32.0',
  'google.golang.org/grpc@v1.76.0',
]

const downloaded = (network: number) => ({ bundle: 0, zips: 0, folder: 0, network })

/** As many modules as builds need, the fetched ones among them. */
const needed = [
  ...fetched,
  ...Array.from({ length: 66 }, (_, index) => `github.com/acme/library${index}@v1.${index}.0`),
]

const defaultBranch = { save: 'yes', why: 'push on the default branch main' } as const
const pullRequest = {
  save: 'if-nothing-found',
  why: 'pull requests save only if no entry was found; set `cache-mode: write` to save anyway',
} as const

/** Everything is there. */
const warm: MainReport = {
  go: { version: 'go1.26.1', origin: 'the go on PATH', isFetched: false },
  roots: [{ label: '.', what: 'github.com/acme/shop', isWorkspace: false }],
  variables: [],
  caches: [
    { name: 'modules', plan: modulesPlan, outcome: restored(modulesPlan, 21_400_000, 1.31) },
    { name: 'build', plan: buildPlan, outcome: restored(buildPlan, 64_000_000, 2.12) },
    { name: 'toolchain', plan: noToolchain },
  ],
  needed,
  vendored: false,
  dependencies: [{ label: '.', text: 'nothing was missing', fetched: [], sources: downloaded(0) }],
  saving: defaultBranch,
  notices: [],
  timeline: [
    { what: 'restore the modules', from: 0.21, to: 1.52 },
    { what: 'restore the build cache', from: 0.21, to: 2.33 },
    { what: 'download', from: 1.52, to: 1.81 },
  ],
  failures: [],
}

/** Nothing is in the cache yet. */
const first: MainReport = {
  ...warm,
  variables: [{ name: 'GOFLAGS', shown: '-trimpath', why: 'input `goflags`' }],
  caches: [
    { name: 'modules', plan: modulesPlan, outcome: { ...cacheMiss(), seconds: 0.34 } },
    { name: 'build', plan: buildPlan, outcome: { ...cacheMiss(), seconds: 0.38 } },
    { name: 'toolchain', plan: noToolchain },
  ],
  needed: fetched,
  dependencies: [{ label: '.', text: '8 downloaded in 6.4 s', fetched, sources: downloaded(8) }],
  timeline: [
    { what: 'restore the modules', from: 0.2, to: 0.54 },
    { what: 'restore the build cache', from: 0.2, to: 0.58 },
    { what: 'download', from: 0.54, to: 6.94 },
  ],
}

/** A workspace and a module in a pull request, and a Go that the go command fetched. */
const partial: MainReport = {
  ...warm,
  go: {
    version: 'go1.26.1',
    origin: 'fetched by the go command (go1.24.9), because a go.mod, go.work or GOTOOLCHAIN asks for it',
    isFetched: true,
  },
  roots: [
    { label: '.', what: 'a workspace of 4 modules', isWorkspace: true },
    { label: 'tools/release', what: 'github.com/acme/shop/tools/release', isWorkspace: false },
  ],
  variables: [
    { name: 'GOPRIVATE', shown: 'github.com/acme/*', why: 'input `goprivate`' },
    { name: 'GOFLAGS', shown: '-mod=vendor', why: '`dependencies: vendor`' },
  ],
  caches: [
    {
      name: 'modules',
      plan: modulesPlan,
      outcome: restored(modulesPlan, 20_800_000, 1.4, 'module graph'),
      changes: {
        changed: [{ path: 'go.uber.org/zap', from: 'v1.26.0', to: 'v1.27.0' }],
        added: [fetched[4] ?? ''],
        removed: [],
      },
    },
    { name: 'build', plan: buildPlan, outcome: restored(buildPlan, 64_000_000, 2.4, 'paths') },
    { name: 'toolchain', plan: toolchainPlan, outcome: restored(toolchainPlan, 71_000_000, 2.9) },
  ],
  dependencies: [
    {
      label: '.',
      text: '2 downloaded in 1.1 s; vendor rewritten in 0.8 s',
      fetched: fetched.slice(4, 6),
      sources: downloaded(2),
      vendorChanged: true,
    },
    {
      label: 'tools/release',
      text: 'nothing was missing; vendor was up to date in 0.3 s',
      fetched: [],
      vendorChanged: false,
    },
  ],
  saving: pullRequest,
  timeline: [
    { what: 'restore the modules', from: 0.3, to: 1.7 },
    { what: 'restore the toolchain', from: 0.3, to: 3.2 },
    { what: 'restore the build cache', from: 0.3, to: 2.7 },
    { what: 'download', from: 3.2, to: 4.3 },
    { what: 'vendor', from: 4.3, to: 5.1 },
    { what: 'download of tools/release', from: 5.1, to: 5.13 },
    { what: 'vendor of tools/release', from: 5.13, to: 5.43 },
  ],
}

/** The cache is down, and a module cannot be had. */
const failed: MainReport = {
  ...warm,
  caches: [
    {
      name: 'modules',
      plan: modulesPlan,
      outcome: cacheMiss('no answer within 300 s', { unreachable: true }),
    },
    { name: 'build', plan: buildPlan, outcome: cacheMiss('no answer within 300 s', { unreachable: true }) },
    { name: 'toolchain', plan: noToolchain },
  ],
  dependencies: [],
  timeline: [
    { what: 'restore the modules', from: 0.2, to: 300.2 },
    { what: 'restore the build cache', from: 0.2, to: 300.2 },
    { what: 'download', from: 300.2, to: 303.9 },
  ],
  failures: [
    '`go mod download` failed: go: github.com/acme/billing@v1.4.0: reading https://proxy.example.com/github.com/acme/billing/@v/v1.4.0.info: 404 Not Found\nserver response: not found: github.com/acme/billing@v1.4.0: invalid version: git ls-remote -q origin: exit status 128',
  ],
}

const saved = (bytes: number, seconds: number): SaveOutcome => ({
  saved: true,
  exists: false,
  why: defaultBranch.why,
  key: 'k',
  files: Math.round(bytes / 5000),
  bytes,
  seconds,
  error: '',
})

/** Reports of main, by the name of the sample. */
export const mainSamples: Readonly<Record<string, MainReport>> = { warm, first, partial, failed }

/** Reports of post, by the name of the main sample that they belong to. */
export const postSamples: Readonly<Record<string, readonly SaveReport[]>> = {
  warm: [
    { name: 'modules', outcome: { ...refuse({ rule: 'nothing-new' }), key: 'k' } },
    {
      name: 'build',
      outcome: {
        ...refuse({ rule: 'little-new' }),
        key: 'k',
        counts: {
          reused: { objects: 2410, bytes: 243_000_000 },
          fresh: { objects: 6, bytes: 1500 },
          pruned: { objects: 0, bytes: 0 },
        },
      },
    },
  ],
  first: [
    { name: 'modules', outcome: saved(21_400_000, 1.1) },
    { name: 'build', outcome: saved(64_000_000, 2.3) },
  ],
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , given = 'summary-samples'] = process.argv
  if (given.startsWith('-')) throw new Error(`usage: samples.ts [folder]; "${given}" is none`)
  const folder = path.resolve(given)
  await mkdir(folder, { recursive: true })
  for (const [name, report] of Object.entries(mainSamples)) {
    const saves = postSamples[name]
    const text = [mainSummary(report), ...(saves === undefined ? [] : [postSummary(saves)])].join('\n')
    await writeFile(path.join(folder, `${name}.md`), text)
  }
  const problem =
    'Input `go-version` is "1.2x". Allowed: a version, a range, `stable` or `oldstable`. Write it in quotes, such as \'1.26\'.'
  await writeFile(path.join(folder, 'bad-input.md'), failureSummary([problem]))
}
