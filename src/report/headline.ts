import type { CacheReport } from '../cache/index.ts'
import { type FetchedFrom, fetchedText } from '../dependencies/index.ts'
import { percentText, secondsText } from '../text/amounts.ts'
import type { MainReport } from './report.ts'

type Facts = Pick<MainReport, 'caches' | 'needed' | 'dependencies' | 'vendored'>

/**
 * Returns the most important facts: how much was reused, what was downloaded, how long the restore took.
 *
 * @returns a text such as `100 % of 149 modules reused, nothing downloaded, restored in 2.1 s`
 */
export function headline(facts: Facts): string {
  const reused = [...(facts.vendored ? ['vendored'] : []), ...reusedTexts(facts)]
  const isNamed = reused.some((text) => text.endsWith(' reused'))
  const texts = [...reused, ...fetchedTexts(facts, isNamed ? '' : 'modules'), ...timeTexts(facts)]
  return texts.length === 0 ? 'nothing downloaded' : texts.join(', ')
}

function reusedTexts({ caches, needed, dependencies }: Facts): readonly string[] {
  const wanted = caches.filter(({ plan }) => plan.wanted)
  if (wanted.length === 0) {
    return [
      caches.every(({ plan }) => plan.wanted || plan.expected === true) ? 'no cache is needed' : 'caches off',
    ]
  }
  if (wanted.every(({ outcome }) => outcome === undefined)) return ['nothing restored']
  const fetched = new Set(dependencies.flatMap((report) => report.fetched))
  const reused = needed.filter((name) => !fetched.has(name)).length
  const build = wanted.find(({ name }) => name === 'build')
  if (wanted.every(isMiss)) return wanted.some(hasError) ? [] : ['no cache entry yet']
  const modules =
    reused === 0
      ? []
      : [
          `${percentText(reused, needed.length)} of ${needed.length} ${needed.length === 1 ? 'module' : 'modules'} reused`,
        ]
  if (build?.outcome === undefined || hasError(build)) return modules
  if (isMiss(build)) return [...modules, 'no build cache entry yet']
  return modules.length > 0 ? modules : [`build cache ${build.outcome.found}`]
}

function fetchedTexts({ caches, needed, dependencies }: Facts, noun: 'modules' | ''): readonly string[] {
  const sources = dependencies.flatMap((report) => report.sources ?? [])
  const sum = (name: keyof FetchedFrom) => sources.reduce((total, source) => total + source[name], 0)
  const text = fetchedText(
    { network: sum('network'), bundle: sum('bundle'), folder: sum('folder'), zips: sum('zips') },
    noun,
  )
  const toolchain = caches.some((cache) => cache.name === 'toolchain' && isMiss(cache) && !hasError(cache))
    ? ['Go toolchain downloaded']
    : []
  if (text !== '' || toolchain.length > 0) return [...(text === '' ? [] : [text]), ...toolchain]
  return needed.length > 0 && sources.length > 0 ? ['nothing downloaded'] : []
}

/** Returns the restore time: the longest one, because caches restore in parallel. */
function timeTexts({ caches }: Facts): readonly string[] {
  const seconds = caches.flatMap(({ outcome }) =>
    outcome === undefined || outcome.found === 'miss' || outcome.alreadyCached ? [] : [outcome.seconds],
  )
  return seconds.length === 0 ? [] : [`restored in ${secondsText(Math.max(...seconds))}`]
}

function isMiss({ outcome }: CacheReport): boolean {
  return outcome?.found === 'miss'
}

function hasError({ outcome }: CacheReport): boolean {
  return (outcome?.error ?? '') !== ''
}

/** Whether everything is as in the previous run, so that there is nothing to report. */
export function isWarm({ caches, dependencies }: Pick<MainReport, 'caches' | 'dependencies'>): boolean {
  const wanted = caches.filter(({ plan }) => plan.wanted)
  return (
    wanted.length > 0 &&
    wanted.every(({ outcome, wrong = [] }) => outcome?.found === 'exact' && wrong.length === 0) &&
    dependencies.every(
      ({ fetched, lacksHashes, vendorChanged }) =>
        fetched.length === 0 && lacksHashes !== true && vendorChanged !== true,
    )
  )
}
