import * as path from 'node:path'
import { type CacheReport, matchKey } from '../cache/index.ts'
import { listSome } from '../text/lists.ts'
import type { MainReport } from './report.ts'

/** Maximum number of places in one sentence. */
const namedPlaces = 5

/**
 * Returns advice for the reader of a summary, one or two sentences each; empty when nothing needs attention. The fix of
 * a failure is part of the failure itself.
 *
 * @param report the report of main
 * @returns plain text with names in backticks
 */
export function advice(report: MainReport): readonly string[] {
  return [
    ...cacheErrorAdvice(report),
    ...goSumAdvice(report),
    ...vendorAdvice(report),
    ...trimpathAdvice(report),
    ...toolchainAdvice(report),
    ...(report.failures.length > 0 ? [] : coldCacheAdvice(report)),
  ]
}

function cacheErrorAdvice({ caches }: MainReport): readonly string[] {
  const errors = new Set(caches.map(({ outcome }) => outcome?.error ?? '').filter((error) => error !== ''))
  if (errors.size === 0) return []
  const list = [...errors].join('; ')
  const fix = list.includes('offers no cache service')
    ? 'Set `cache: false` for runners without a cache service.'
    : 'If the next run shows the same error, check the log of this step.'
  return [`The cache did not work (${list}), which only makes the job slower. ${fix}`]
}

/** Returns advice for a run that found no entry: which run will save one. */
function coldCacheAdvice({ caches, saving }: MainReport): readonly string[] {
  const cold = caches.filter(isCold)
  if (cold.length === 0) return []
  if (saving.needsStep && saving.save !== 'no') {
    return [
      'This step only restores. If a later step has `org/go-deps-action/save`, or another job saves, the next run starts warm.',
    ]
  }
  if (saving.save === 'yes') {
    return ['This job saves what it fetches and builds, and the next run starts warm.']
  }
  // planSave applies the same condition to the module cache and the build cache (cache/save-rules.ts).
  const wanted = caches.filter(({ name, plan }) => plan.wanted && name !== 'toolchain')
  if (saving.save === 'if-nothing-found' && wanted.every(isCold)) {
    return [
      'This job saves, because no entry was found, and the next run of this branch starts warm. After a run on the default branch, every branch starts warm.',
    ]
  }
  return [
    'This run does not save. The next run on the default branch saves, and later runs like this one start warm.',
  ]
}

/** Reports whether the cache answered and had no entry. */
function isCold({ outcome }: CacheReport): boolean {
  return outcome?.found === 'miss' && outcome.error === ''
}

function trimpathAdvice({ caches }: MainReport): readonly string[] {
  const build = caches.find(({ name }) => name === 'build')
  if (build === undefined || !build.plan.wanted || build.outcome?.found !== 'partial') return []
  if (build.outcome.matched === '') return []
  const match = matchKey(build.plan.key, build.outcome.matched)
  // If this job uses -trimpath, the entry is from a job without it (cache/key.ts), and no advice is needed.
  if (match.kind !== 'partial' || match.differs.name !== 'paths' || match.differs.value === 'trimpath')
    return []
  return [
    'Compiled packages contain the directory they were compiled in. To reuse them in any directory, set `goflags: -trimpath`.',
  ]
}

/** Recommends the runner's tool cache, which needs no download. Each new module cache downloads its toolchain again. */
function toolchainAdvice({ go, caches, roots }: MainReport): readonly string[] {
  const fetched = caches.some(({ name, plan }) => name === 'toolchain' && plan.wanted)
  if (!fetched || !go.isFetched) return []
  const [root, ...others] = roots
  const file = root === undefined ? '' : path.posix.join(root.label, root.isWorkspace ? 'go.work' : 'go.mod')
  const input =
    file === '' || others.length > 0
      ? `go-version: '${go.version.replace(/^go/, '')}'`
      : `go-version-file: ${file}`
  return [
    `The go command downloads ${go.version}, because a different Go is installed. To take it from the tool cache of the runner, if available there, set \`${input}\`.`,
  ]
}

function goSumAdvice({ dependencies }: MainReport): readonly string[] {
  const labels = dependencies.filter(({ lacksHashes }) => lacksHashes === true).map(({ label }) => label)
  if (labels.length === 0) return []
  return [
    `Run \`go mod tidy\`${listed(labels)} and commit go.sum: without hashes nothing can be downloaded or cached.`,
  ]
}

function vendorAdvice({ dependencies, roots }: MainReport): readonly string[] {
  // A vendor directory that did not exist before is not committed, and each job creates it.
  const labels = dependencies
    .filter(({ vendorChanged, vendorIsNew }) => vendorChanged === true && vendorIsNew !== true)
    .map(({ label }) => label)
  if (labels.length === 0) return []
  const isWork = labels.some((label) => roots.find((root) => root.label === label)?.isWorkspace === true)
  return [
    `The vendor directory${listed(labels)} differs from the checkout. If it is committed, run \`go ${isWork ? 'work' : 'mod'} vendor\` and commit the result.`,
  ]
}

/** Returns ` in …` with the labels; empty for the checkout itself. */
export function listed(labels: readonly string[]): string {
  if (labels.length === 1 && labels[0] === '.') return ''
  return ` in ${listSome(
    labels.map((label) => `\`${label}\``),
    namedPlaces,
  )}`
}
