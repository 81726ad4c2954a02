import type { Outputs } from '../inputs/outputs.ts'
import { type BundleReport, type CacheReport, type DependencyReport, status } from './report.ts'

/** The outputs that main sets. */
export function mainOutputs(
  modules: CacheReport,
  build: CacheReport,
  dependencies: readonly DependencyReport[],
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
    ...vendorChanged(dependencies),
    'go-version': go.version.replace(/^go/, ''),
    gomodcache: go.env.GOMODCACHE ?? '',
    gocache: go.env.GOCACHE ?? '',
  }
}

/** Whether any vendor directory changed; nothing is said where none was made. */
function vendorChanged(dependencies: readonly DependencyReport[]): Outputs {
  const changes = dependencies.flatMap((report) => report.vendorChanged ?? [])
  return changes.length === 0 ? {} : { 'vendor-changed': String(changes.includes(true)) }
}

function keyOf({ plan }: CacheReport): string {
  return plan.wanted ? plan.key.full : ''
}

/** The outputs that tell of a bundle that was written. */
export function bundleOutputs({ file, sha256, size, content }: BundleReport): Outputs {
  return {
    'bundle-path': file,
    'bundle-sha256': sha256,
    'bundle-size': String(size),
    'bundle-modules': String(content.modules.length),
  }
}
