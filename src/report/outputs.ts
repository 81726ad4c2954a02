import type { Outputs } from '../inputs/outputs.ts'
import { type CacheReport, status } from './report.ts'

/** The outputs that main sets. */
export function mainOutputs(
  modules: CacheReport,
  build: CacheReport,
  go: { readonly version: string; readonly env: Readonly<Record<string, string>> },
): Outputs {
  return {
    'cache-hit': String(status(modules) === 'exact'),
    'modules-cache': status(modules),
    'build-cache': status(build),
    'modules-cache-key': keyOf(modules),
    'modules-cache-matched-key': modules.outcome?.matched ?? '',
    'build-cache-key': keyOf(build),
    'build-cache-matched-key': build.outcome?.matched ?? '',
    'go-version': go.version.replace(/^go/, ''),
    gomodcache: go.env.GOMODCACHE ?? '',
    gocache: go.env.GOCACHE ?? '',
  }
}

function keyOf({ plan }: CacheReport): string {
  return plan.wanted ? plan.key.full : ''
}
