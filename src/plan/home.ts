import * as path from 'node:path'
import type { Facts } from '../facts/facts.ts'
import type { Problem } from '../inputs/problem.ts'
import { hasDependencies } from '../modules/roots.ts'

/** Whether Go has a place for modules: without one it can fetch none. */
export function hasModuleCache({ env }: Pick<Facts['go'], 'env'>): boolean {
  return !lacks(env, 'GOMODCACHE')
}

/** What the go command does not tell is not known to be missing. */
function lacks(env: Facts['go']['env'], name: string): boolean {
  return env[name] !== undefined && !path.isAbsolute(env[name])
}

const fix = 'Set HOME to a directory that can be written, or set GOMODCACHE and GOCACHE.'

/**
 * Says what a job cannot do whose HOME is empty, relative, no directory or cannot be written: there Go has its caches, unless
 * its variables say otherwise. What the user asks for by an input fails; else the job goes on without.
 */
export function homeRequirements({ inputs, roots, go }: Pick<Facts, 'inputs' | 'roots' | 'go'>): {
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
} {
  const missing = ['GOMODCACHE', 'GOCACHE'].filter((name) => lacks(go.env, name))
  if (missing.length === 0 || !roots.some(hasDependencies)) return { problems: [], warnings: [] }
  const what = `Go has no directory for ${missing.join(' and ')}, because HOME is not set to a directory that can be written`
  const lacksModules = !hasModuleCache(go)
  const asking = Object.entries({
    dependencies: ['download', 'vendor'].includes(inputs.dependencies),
    offline: inputs.offline !== 'false',
    'offline-check': inputs['offline-check'].length > 0,
    'bundle-output': inputs['bundle-output'] !== '',
    'check-tidy': inputs['check-tidy'],
    'check-vendor': inputs['check-vendor'],
  }).flatMap(([name, isAsked]) => (isAsked ? [`\`${name}\``] : []))
  if (lacksModules && asking.length > 0) {
    return {
      problems: [{ what: `${what}, and ${asking.join(', ')} needs it`, allowed: '', mend: fix }],
      warnings: [],
    }
  }
  if (!lacksModules && !inputs.cache) return { problems: [], warnings: [] }
  const left = lacksModules ? 'The caches are off, and no module is downloaded' : 'The build cache is off'
  return { problems: [], warnings: [`${what}. ${left}. ${fix}`] }
}
