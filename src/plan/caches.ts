import * as path from 'node:path'
import type { Go } from '../facts/go.ts'
import type { Image } from '../facts/image.ts'
import type { Job } from '../facts/job.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { buildVariables, compilerVariables } from '../modules/go-env.ts'
import { compareGoVersions, effectiveGoVersion } from '../modules/go-version.ts'
import {
  downloadedFilesOf,
  graphFilesOf,
  type ModuleGraphFiles,
  moduleGraphHash,
} from '../modules/graph-hash.ts'
import { hasDependencies, type Root } from '../modules/roots.ts'
import { hasGoFlag } from '../modules/settings/goflags.ts'
import { needsModuleCache } from './dependencies.ts'
import { type Key, type KeyPart, keyText, makeKey, shortHash, withIncomplete } from './keys.ts'

/** What is to happen with one of the two caches. */
export type CachePlan =
  | { readonly wanted: true; readonly key: Key; readonly why: string }
  /** `expected`: it is off because the repository needs none, and nobody has to be told. */
  | { readonly wanted: false; readonly why: string; readonly expected?: true }

/** What the keys are made of. */
export interface CacheFacts {
  readonly roots: readonly Root[]
  readonly go: Go
  readonly image: Image
  readonly job: Job
  /** Stands for the source that is checked out. */
  readonly source: readonly string[]
  /** Absolute path of the checkout. */
  readonly workspace: string
}

/** The layout of the entries: another number, and no entry of before is ever looked at. */
const schema = {
  modules: 'godeps.modules.v1',
  build: 'godeps.build.v1',
  toolchain: 'godeps.toolchain.v1',
}

/**
 * Plans the module cache: whether it is of use here, and its key up to the module graph. The graph alone decides which
 * entry is exact, so that jobs for several services with the same dependencies share one; the fallback is the newest
 * entry of the repository (docs/adr/0017-the-graph-decides.md).
 */
export function planModuleCache(
  inputs: Pick<
    Inputs,
    'cache-modules' | 'cache-key' | 'dependencies' | 'check-vendor' | 'check-tidy' | 'bundle'
  >,
  { roots, go }: Pick<CacheFacts, 'roots' | 'go'>,
): CachePlan {
  if (!inputs['cache-modules']) return { wanted: false, why: 'input `cache-modules` is false' }
  if (!roots.some(hasDependencies)) return { wanted: false, why: 'there are no dependencies', expected: true }
  const fetching = roots.filter((root) => needsModuleCache(inputs, root))
  if (fetching.length === 0) return { wanted: false, why: 'all dependencies are vendored', expected: true }
  if (inputs.bundle !== '') return { wanted: false, why: 'the modules come from input `bundle`' }
  if (!path.isAbsolute(go.env.GOMODCACHE ?? '')) return { wanted: false, why: noDirectory('GOMODCACHE') }
  const stable = firstParts('modules', inputs['cache-key'])
  const key = withIncomplete(makeKey([...stable, graphPart(downloadedFilesOf(fetching))], stable.length))
  return { wanted: true, key, why: `${fetching.length === 1 ? 'a module' : 'modules'} with dependencies` }
}

/** Plans the build cache and its key. */
export function planBuildCache(
  inputs: Pick<Inputs, 'cache-build' | 'cache-key'>,
  facts: CacheFacts,
): CachePlan {
  if (!inputs['cache-build']) return { wanted: false, why: 'input `cache-build` is false' }
  const { env, compiler } = facts.go
  if (!path.isAbsolute(env.GOCACHE ?? '')) return { wanted: false, why: noDirectory('GOCACHE') }
  if (hasCacheProgram(facts)) return { wanted: false, why: 'GOCACHEPROG keeps it' }
  const variables = [...buildVariables, ...compilerVariables].map((name) => [name, env[name] ?? ''])
  const { image, job } = facts
  const required = [
    ...firstParts('build', inputs['cache-key']),
    {
      name: 'system',
      value: keyText(`${image.system}.${image.release}`),
      of: 'operating system, release, libc',
    },
    { name: 'architecture', value: keyText(image.arch), of: 'architecture of the runner' },
    { name: 'go', value: keyText(goVersion(facts)), of: 'effective Go version' },
    hashed('environment', [...variables.flat(), compiler], 'go env and the C compiler'),
  ]
  const parts = [
    ...required,
    pathsPart(facts),
    hashed('job', [job.workflow, job.id, job.matrix], 'workflow, job and matrix'),
    graphPart(graphFilesOf(facts.roots)),
    hashed('source', facts.source, 'what is checked out'),
  ]
  return { wanted: true, key: makeKey(parts, required.length), why: 'builds reuse compiled packages' }
}

/**
 * Whether the go command hands its build cache to a program: what is in GOCACHE is then nobody's. Before Go 1.24 it did so
 * only in an experiment (https://go.dev/doc/go1.24#go-command).
 */
function hasCacheProgram(facts: Pick<CacheFacts, 'roots' | 'go'>): boolean {
  const { GOCACHEPROG = '', GOEXPERIMENT = '' } = facts.go.env
  if (GOCACHEPROG === '') return false
  return compareGoVersions(goVersion(facts), '1.24') >= 0 || GOEXPERIMENT.split(',').includes('cacheprog')
}

/** The Go version that builds the modules, such as `go1.26.0`. */
export function goVersion({ roots, go }: Pick<CacheFacts, 'roots' | 'go'>): string {
  const files = roots.flatMap((root) => [
    ...root.modules.map((module) => module.goMod),
    ...(root.goWork === undefined ? [] : [root.goWork]),
  ])
  return effectiveGoVersion({
    local: go.env.GOVERSION ?? '',
    goLines: files.flatMap((file) => file.go ?? []),
    toolchainLines: files.flatMap((file) => file.toolchain ?? []),
    gotoolchain: go.toolchainSetting,
  })
}

/** Why a cache is off that has no directory. */
export function noDirectory(name: string): string {
  return `Go has no directory for it: set ${name} or HOME`
}

/**
 * The parts that every key begins with.
 *
 * @param kind what the entry holds
 * @param extra the input `cache-key`
 */
export function firstParts(kind: keyof typeof schema, extra: string): readonly KeyPart[] {
  const first = { name: 'schema', value: schema[kind], of: 'layout of the entry' }
  if (extra !== '') return [first, hashed('cache-key', [extra], 'input `cache-key`')]
  // The fallback of modules is everything with these parts: without one of their own it would hold every variant, too.
  return kind === 'modules'
    ? [first, { name: 'cache-key', value: 'none', of: 'no input `cache-key`' }]
    : [first]
}

function graphPart(files: ModuleGraphFiles): KeyPart {
  const hash = moduleGraphHash(files)
  return { name: 'module graph', value: hash.slice(0, 16), of: 'go.sum, go.mod and go.work by meaning' }
}

function pathsPart({ go, workspace }: CacheFacts): KeyPart {
  // Without -trimpath the compiled code holds its directory (cmd/go/internal/work/exec.go, buildActionID).
  if (hasGoFlag(go.env.GOFLAGS ?? '', 'trimpath')) {
    return { name: 'paths', value: 'trimpath', of: '-trimpath in GOFLAGS: paths do not count' }
  }
  const paths = [workspace, go.env.GOMODCACHE ?? '', go.env.GOROOT ?? '']
  return hashed('paths', paths, 'directories of the checkout, GOMODCACHE and GOROOT')
}

function hashed(name: string, values: readonly string[], of: string): KeyPart {
  return { name, value: shortHash(values), of }
}
