import * as path from 'node:path'
import { GoFailed } from '../go/failure.ts'
import { goWithRetries } from '../go/retry.ts'
import { readInputs } from '../inputs/read.ts'
import { treeDirectory } from '../modules/module-path.ts'
import { splitModuleVersion } from '../modules/module-version.ts'
import type { SealedGo } from '../offline/sealed-go.ts'
import type { PlannedVariable } from '../plan/environment.ts'
import {
  environmentFile,
  planOffline,
  planSealedToolchain,
  toolchainVariables,
  withoutDatabaseBypass,
} from '../plan/offline.ts'
import { fetchedToolchain } from '../plan/toolchain.ts'
import { variableLines } from '../report/plan-log.ts'
import { tell } from '../system/announce.ts'
import { environment, temporaryFolder } from '../system/environment.ts'
import { isDirectory, makePrivateDirectory, writeFile } from '../system/files.ts'
import * as runner from '../system/runner.ts'
import type { Prepared } from './prepare.ts'
import { checkAll, proveAll } from './prove.ts'
import type { Planned } from './report.ts'
import type { Timeline } from './timeline.ts'

/** The Go of the sealed job: what is exported for it, and how this step runs it. */
interface Seal {
  readonly variables: readonly PlannedVariable[]
  readonly go: SealedGo
}

/** What the rest of the job was given. */
export interface Sealed {
  readonly variables: readonly PlannedVariable[]
  readonly text: string
}

/**
 * Takes the network for modules from the rest of the job, once it is proven that nothing is missing, and builds without
 * a network where that is asked for.
 *
 * @returns what was set for later steps, and what it came to, as a sentence part
 * @throws BadInput with everything that builds would miss; GoFailed when the go command cannot even begin
 */
export async function seal(prepared: Prepared, planned: Planned, timeline: Timeline): Promise<Sealed> {
  const { offline } = prepared
  const { facts } = planned
  const found = await sealedGo(prepared, planned)
  const place = {
    gomodcache: facts.go.env.GOMODCACHE ?? '',
    source: offline.source,
    canFetch: offline.fetches,
  }
  const isSealed = offline.wish !== 'false'
  const isProven =
    isSealed &&
    (await timeline.time('prove that nothing is missing', () => proveAll(facts.roots, found.go, place)))
  const isBuilt =
    offline.check.length > 0 &&
    (await timeline.time('build without a network', () =>
      checkAll(offline.check, facts.roots, found.go, place),
    ))
  handOver(found, isSealed)
  if (isSealed) {
    const what = isProven ? 'builds and tests lack nothing' : nothingToBuild
    return { variables: found.variables, text: `${what}, and later steps fetch no module` }
  }
  const what = isBuilt ? 'everything builds without a network' : nothingToBuild
  return { variables: [], text: `${what}; later steps may use it` }
}

const nothingToBuild = 'there is no package to build here'

/** Seals a job in which there is nothing to build. */
export function sealNothing({ offline }: Pick<Prepared, 'offline'>): void {
  const why = 'there is no other Go to fetch'
  const toolchain = toolchainVariables({ gotoolchain: 'local', onPath: false, why })
  const go = { bin: undefined, variables: {}, prefix: [] }
  handOver({ variables: [...offline.sealed, ...toolchain], go }, offline.wish !== 'false')
}

/**
 * Closes the network for the steps that run although this one has failed. Go may go on asking the checksum database, for
 * nobody knows whether go.sum names all modules.
 *
 * @param prepared undefined where the step failed before anything was planned
 */
export function sealAfterFailure(prepared: Pick<Prepared, 'offline'> | undefined): void {
  const { sealed } =
    prepared?.offline ?? planOffline(readInputs(environment()).inputs, () => '', undefined, undefined)
  for (const { name, value } of withoutDatabaseBypass(sealed)) runner.exportVariable(name, value)
}

/** Finds the Go that builds here, which may have to be fetched once more, and what keeps it off the network. */
async function sealedGo(
  { bundle, offline, settings, inputs }: Prepared,
  { facts, plan }: Planned,
): Promise<Seal> {
  const name = fetchedToolchain(facts)
  const [first] = facts.roots
  if (name !== '' && first !== undefined) {
    // Go compares it with the checksum database each time it switches to it. By name, for of several places each may
    // ask for another one, and the newest builds all.
    const environment = { GOTOOLCHAIN: plan.goVersion }
    const ran = await goWithRetries(['version'], {
      cwd: first.directory,
      environment,
      retries: inputs.retries,
    })
    if (ran.code !== 0) throw new GoFailed(`${plan.goVersion} cannot be had`, first, ran.stderr)
  }
  const root =
    name === '' ? '' : path.join(facts.go.env.GOMODCACHE ?? '', treeDirectory(splitModuleVersion(name)))
  const toolchain = planSealedToolchain(
    {
      version: plan.goVersion,
      local: facts.go.env.GOVERSION ?? '',
      setting: facts.go.toolchainSetting,
      module: name,
      isInCache: root !== '' && isDirectory(path.join(root, 'bin')),
    },
    bundle,
  )
  // A Go obeys GOROOT even when that is another Go's.
  const goroot: readonly PlannedVariable[] =
    toolchain.onPath && settings('GOROOT') !== ''
      ? [{ name: 'GOROOT', value: root, shown: root, why: 'it was set to another Go' }]
      : []
  const variables = [...offline.sealed, ...toolchainVariables(toolchain), ...goroot]
  return {
    variables,
    go: {
      bin: toolchain.onPath ? path.join(root, 'bin') : undefined,
      variables: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      prefix: [],
    },
  }
}

/** Hands the variables to later steps, and to containers as a file. */
function handOver({ variables, go }: Seal, isSealed: boolean): void {
  if (isSealed) {
    tell({ heading: 'Offline: later steps fetch no module', lines: variableLines(variables) })
    for (const { name, value } of variables) runner.exportVariable(name, value)
    if (go.bin !== undefined) runner.addPath(go.bin)
  }
  const file = path.join(
    makePrivateDirectory(path.join(temporaryFolder(), 'go-deps-offline-')),
    'offline.env',
  )
  // Paths of this machine mean nothing in a container.
  writeFile(file, environmentFile(variables.filter(({ name }) => name !== 'GOROOT')))
  runner.setOutput('offline-env-file', file)
}
