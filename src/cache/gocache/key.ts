import * as path from 'node:path'
import { buildGoVersion, buildVariables, compilerVariables } from '../../gocmd/index.ts'
import { compareGoVersions } from '../../gofiles/go-version.ts'
import { hasGoFlag } from '../../gosettings/goflags.ts'
import type { Inputs } from '../../inputs/index.ts'
import type { Job } from '../../job.ts'
import {
  type CachePlan,
  graphPart,
  hashed,
  type Key,
  type KeyFacts,
  type KeyPart,
  keyText,
  leadingParts,
  makeKey,
  noCacheDirectory,
  shortHash,
} from '../key.ts'
import { graphFilesOf } from '../module-graph.ts'

/** Parts of the build key that change between runs of one kind of job. */
export const volatileParts = ['module graph', 'source']

/** Returns the hash that identifies a kind of job among those that share a build cache on one machine. */
export function jobKindHash({ parts }: Key, repository: string): string {
  const stable = parts.filter(({ name }) => !volatileParts.includes(name))
  return shortHash([repository, ...stable.map(({ value }) => value)])
}

/** Returns the hash that identifies a job. All uses of this action in it share the hash; concurrent jobs differ. */
export function jobHash({ repository, run, identity }: Pick<Job, 'repository' | 'run' | 'identity'>): string {
  return shortHash([repository, run, identity.workflow, identity.id, identity.matrix])
}

/** Plans the build cache and its key. */
export function planBuildCache(
  inputs: Pick<Inputs, 'cache-build' | 'cache-key'>,
  facts: KeyFacts,
): CachePlan {
  if (!inputs['cache-build']) return { wanted: false, why: 'input `cache-build` is false' }
  const { env, compiler } = facts.go
  if (!path.isAbsolute(env.GOCACHE ?? '')) return { wanted: false, why: noCacheDirectory('GOCACHE') }
  if (hasCacheProgram(facts)) return { wanted: false, why: 'GOCACHEPROG is set' }
  const variables = [...buildVariables, ...compilerVariables].map((name) => [name, env[name] ?? ''])
  const { image, identity } = facts
  const required = [
    ...leadingParts('build', inputs['cache-key']),
    {
      name: 'system',
      value: keyText(`${image.system}.${image.release}`),
      of: 'operating system, release, libc',
    },
    { name: 'architecture', value: keyText(image.arch), of: 'architecture of the runner' },
    { name: 'go', value: keyText(buildGoVersion(facts)), of: 'effective Go version' },
    hashed('environment', [...variables.flat(), compiler], 'go env and the C compiler'),
  ]
  const parts = [
    ...required,
    pathsPart(facts),
    hashed('job', [identity.workflow, identity.id, identity.matrix], 'workflow, job and matrix'),
    graphPart(graphFilesOf(facts.roots)),
    hashed('source', facts.source, 'checked-out source'),
  ]
  return { wanted: true, key: makeKey(parts, required.length), why: 'builds reuse compiled packages' }
}

/**
 * Reports whether a program replaces the build cache in GOCACHE. Before Go 1.24 this needed an experiment
 * (https://go.dev/doc/go1.24#go-command).
 */
function hasCacheProgram(facts: Pick<KeyFacts, 'roots' | 'go'>): boolean {
  const { GOCACHEPROG = '', GOEXPERIMENT = '' } = facts.go.env
  if (GOCACHEPROG === '') return false
  return (
    compareGoVersions(buildGoVersion(facts), '1.24') >= 0 || GOEXPERIMENT.split(',').includes('cacheprog')
  )
}

function pathsPart({ go, workspace }: KeyFacts): KeyPart {
  // Without -trimpath the compiled code holds its directory (cmd/go/internal/work/exec.go, buildActionID).
  if (hasGoFlag(go.env.GOFLAGS ?? '', 'trimpath')) {
    return { name: 'paths', value: 'trimpath', of: '-trimpath in GOFLAGS: paths have no effect' }
  }
  const paths = [workspace, go.env.GOMODCACHE ?? '', go.env.GOROOT ?? '']
  return hashed('paths', paths, 'directories of the checkout, GOMODCACHE and GOROOT')
}
