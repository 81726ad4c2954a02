import { beforeAll, describe, expect, test } from 'vitest'
import type { CacheService } from '../../testbed/cache-service/service.ts'
import { endOf, type Machine, type MachineJob, startMachine } from '../bundle/shared-machine.ts'
import { smallRepository } from '../bundle/whole-job.ts'
import { madeModule } from '../golden/modules.ts'
import { isFull, slice } from '../harness/extent.ts'
import { said } from '../harness/runner-job.ts'
import { expectPromise, type Fault, type Needed } from './fault.ts'

/** The modules that every job of these tables needs; a fault makes `lib` wrong. */
export const lib = madeModule('example.com/lib', 'v1.0.0', { 'text.go': `package lib\n\n${text('lib')}` })
const other = madeModule('example.com/other', 'v1.0.0', { 'text.go': `package other\n\n${text('other')}` })
export const needed: Needed = { modules: [lib, other], wrong: [lib] }
export const repository = 'org/app'
const usual = smallRepository('app', needed.modules)

/** Share of the rows that a short run tests. */
const shareOfRows = 0.4

/** Where a fault happens. */
export interface FaultPlace {
  readonly machine: Machine
  readonly service: CacheService
  /** Key of the module entry that an earlier job has saved. */
  readonly entry: string
}

type JobDetails = Omit<MachineJob, 'repository'>
type Undo = () => void | Promise<void>

/** A fault, and how to cause it. */
export interface FaultCase extends Fault {
  /** Expected text in the annotations, or in the log if there are none. */
  readonly text: RegExp
  /** Whether it lasts half a minute: only the full run tests it. */
  readonly slow?: boolean
  /** Number of forms, counted from 0. */
  readonly forms?: number
  /** Causes the fault, on a machine without caches whose store has an entry; the returned function ends it. */
  readonly breaks?: (place: FaultPlace, form: number) => undefined | Undo | Promise<undefined | Undo>
  readonly with?: Readonly<Record<string, string>>
  readonly job?: JobDetails | ((place: FaultPlace) => JobDetails)
  /** Script that an earlier job runs between main and post, so that it packs the changed module cache. */
  readonly poison?: string
  /** Repository files that this job replaces; undefined deletes a file. */
  readonly files?: Readonly<Record<string, string | undefined>>
  /** Runs between main and post. */
  readonly shell?: string
  /** Further checks after the job. */
  readonly after?: (place: FaultPlace) => void
  /** Whether this machine can cause it. */
  readonly runIf?: boolean
}

/**
 * Tests faults of one group: each hits a job on a machine without caches, while the store has an entry of its modules.
 *
 * @param group heading of the table in docs/reliability.md
 * @param inputs of all its jobs
 * @param store of all its jobs, if not the cache service: its variables, and the key of an entry in it
 */
export function testFaults(
  group: string,
  cases: readonly FaultCase[],
  inputs: Readonly<Record<string, string>> = { 'cache-build': 'false' },
  store: OtherStore | undefined = undefined,
): void {
  // Requests to the service may be retried for half a minute.
  describe(group, { timeout: 120_000 }, () => {
    let place: FaultPlace
    beforeAll(async () => {
      const ends: (() => Promise<void>)[] = []
      place = await prepared(inputs, store, (end) => void ends.push(end))
      return async () => {
        for (const end of ends.reverse()) await end()
      }
    })

    const all = cases
      .filter((one) => isFull || one.slow !== true)
      .flatMap((one) => Array.from({ length: one.forms ?? 1 }, (_, form) => ({ ...one, form })))
    const named = all.map(
      (one) => [one.forms === undefined ? one.fault : `${one.fault} (${one.form})`, one] as const,
    )
    test.for(slice(named, Math.ceil(named.length * shareOfRows)))('%s', async ([, one], { task, skip }) => {
      skip(one.runIf === false, 'it cannot be made here')
      const { fault, step, log, modules } = one
      const { machine, service } = place
      const given = { ...inputs, ...one.with }
      const before = service.entries().map(({ key }) => key)
      await machine.renew()
      if (one.poison !== undefined) {
        const { post } = await faultyJob(machine, given, { shell: one.poison })
        expect(post.stdout).toContain('Module cache: saved')
        await machine.renew()
      }
      if (one.files !== undefined) await machine.write(repository, present({ ...usual, ...one.files }))
      // With its own key, that job's entry is the one to break.
      const poisoned = service.entries().find(({ key }) => !before.includes(key))?.key
      const undo = await one.breaks?.({ ...place, entry: poisoned ?? place.entry }, one.form)
      try {
        const own = typeof one.job === 'function' ? one.job(place) : one.job
        const job = { ...own, env: { ...store?.env, ...own?.env } }
        const ran = await faultyJob(machine, given, { ...one, job })
        await expectPromise(machine, ran, one, needed)
        const steps = [ran.main, ran.post]
        const seen = steps.flatMap((step) => (log === 'nothing' ? [step.stdout] : said(step, log))).join('\n')
        expect(seen).toMatch(one.text)
        one.after?.(place)
        task.meta.fault = { group, fault, step, log, modules, isFull }
      } finally {
        await undo?.()
        if (one.files !== undefined) await machine.write(repository, usual)
        for (const { key } of service.entries()) if (!before.includes(key)) await service.delete(key)
      }
    })
  })
}

function present(files: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const there = Object.entries(files).filter((file): file is [string, string] => file[1] !== undefined)
  return Object.fromEntries(there)
}

/** A store other than the cache service. */
export interface OtherStore {
  readonly env: Readonly<Record<string, string>>
  /** Returns the key of an entry; undefined if there is none. */
  readonly entry: () => string | undefined
}

async function prepared(
  inputs: Readonly<Record<string, string>>,
  store: OtherStore | undefined,
  whenOver: (end: () => Promise<void>) => void,
): Promise<FaultPlace> {
  const machine = await startMachine(needed.modules, '', { whenOver })
  await machine.write(repository, usual)
  const { post } = await faultyJob(machine, inputs, store === undefined ? {} : { job: { env: store.env } })
  const { service } = machine.bed
  const saved = service.entries().find(({ key }) => key.startsWith('godeps.modules.'))?.key
  const entry = store === undefined ? saved : store.entry()
  if (entry === undefined) throw new Error(`the first job has saved nothing:\n${post.log}`)
  return { machine, service, entry }
}

/** Runs a job with the fault. If main succeeds, the job builds the modules. */
async function faultyJob(
  machine: Machine,
  inputs: Readonly<Record<string, string>>,
  { job: options, shell }: { readonly job?: JobDetails | undefined; readonly shell?: string },
) {
  const asked = machine.proxy.requests.length
  const { job, temp, workspace } = await machine.start({ repository, ...options })
  const main = await job.action({ with: inputs })
  const requests = machine.proxy.requests.slice(asked)
  const zips = requests.flatMap(({ kind, module, status }) =>
    kind === 'zip' && status === 200 ? [module] : [],
  )
  if (main.exitCode === 0) {
    const built = await job.shell(`GOPROXY=off go build ./...\n${shell ?? ''}`)
    expect(built.exitCode, `${main.log}\n${built.stderr}`).toBe(0)
  }
  const post = await endOf(job)
  return { main, post, zips, temp, workspace, gomodcache: options?.env?.GOMODCACHE ?? machine.gomodcache }
}

/** Text that makes an entry larger than a few bytes, and compresses badly. */
function text(name: string): string {
  const digits = Array.from({ length: 4000 }, (_, index) =>
    ((index * index * 7919) % 9973).toString(36),
  ).join('')
  return `const Text = "${name}${digits}"\n`
}
