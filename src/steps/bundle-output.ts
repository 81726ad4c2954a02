import * as path from 'node:path'
import type { Facts } from '../facts/facts.ts'
import { lookAtGoproxy } from '../facts/goproxy.ts'
import { thisPlatform } from '../inputs/bundle-inputs.ts'
import { toolchainPath } from '../modules/bundle.ts'
import { uncheckedModules } from '../modules/go-env.ts'
import { createBundle } from '../offline/bundle/create.ts'
import { goVersion } from '../plan/caches.ts'
import { madeText } from '../report/bundle.ts'
import type { BundleReport } from '../report/report.ts'
import * as runner from '../system/runner.ts'

/**
 * Makes the bundle of `bundle-output`.
 *
 * @param folder absolute path of this job's own folder
 * @throws GoFailed when something cannot be had
 * @throws WrongBundle when something is not what is recorded of it
 */
export async function makeBundle(facts: Facts, folder: string): Promise<BundleReport> {
  const { inputs, roots, go, workspace } = facts
  const made = await createBundle({
    roots,
    scope: inputs['bundle-scope'],
    gomodcache: go.env.GOMODCACHE ?? '',
    folder,
    goflags: go.env.GOFLAGS ?? '',
    retries: inputs.retries,
    unchecked: uncheckedModules(go.env),
    target: path.resolve(workspace, inputs['bundle-output']),
    withSumdb: inputs['bundle-sumdb'],
    toolchains: toolchainNames(facts),
    goproxy: await lookAtGoproxy(roots[0]?.directory ?? workspace),
  })
  runner.info(madeText(made))
  return made
}

function toolchainNames({ inputs, roots, go }: Facts): readonly string[] {
  const { GOHOSTOS = '', GOHOSTARCH = '' } = go.env
  const version = goVersion({ roots, go })
  return [
    ...new Set(
      inputs['bundle-toolchain'].map((platform) => {
        const name = platform === thisPlatform ? `${GOHOSTOS}-${GOHOSTARCH}` : platform.replace('/', '-')
        return `${toolchainPath}@v0.0.1-${version}.${name}`
      }),
    ),
  ].sort()
}
