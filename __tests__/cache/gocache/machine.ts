import { randomBytes } from 'node:crypto'
import { cpSync, statSync, utimesSync } from 'node:fs'
import * as path from 'node:path'
import { openFolder } from '../../../src/cache/archive/open-entry.ts'
import { saveCaches } from '../../../src/cache/cache.ts'
import { listActions } from '../../../src/cache/gocache/listing.ts'
import { restoreBuild } from '../../../src/cache/gocache/restore.ts'
import { saveBuild } from '../../../src/cache/gocache/save.ts'
import { makeKey } from '../../../src/cache/key.ts'
import { planSave } from '../../../src/cache/save-rules.ts'
import type { Store } from '../../../src/cache/store/store.ts'
import type { BuildState, State } from '../../../src/state.ts'
import { temporaryFolder } from '../../temporary.ts'
import { fileIn, hash, store as put } from './actions.ts'

/** Entries of the build cache, in a folder. */
export interface Entries {
  readonly store: Store
  /** Their keys, oldest first. */
  readonly keys: readonly string[]
  /** Whether the store refuses every entry. */
  isBroken: boolean
}

/** A store that keeps entries in a folder of its own. */
export function startEntries(): Entries {
  const folder = temporaryFolder()
  const keys: string[] = []
  const placeOf = (key: string) => path.join(folder, String(keys.indexOf(key)))
  const entries: Entries = {
    keys,
    isBroken: false,
    store: {
      unavailable: undefined,
      restore: async (full, prefixes, to) => {
        const isOne = [
          (key: string) => key === full,
          ...prefixes.map((one) => (key: string) => key.startsWith(one)),
        ]
        const key = isOne.map((is) => keys.findLast(is)).find((found) => found !== undefined)
        if (key === undefined) return { kind: 'nothing', message: '' }
        cpSync(placeOf(key), to, { recursive: true })
        return { kind: 'restored', key, entry: openFolder(to) }
      },
      find: async () => ({ kind: 'nothing', message: '' }),
      holds: async (key) => (keys.includes(key) ? { kind: 'exists' } : { kind: 'nothing', message: '' }),
      save: async (key, entry, to) => {
        if (entries.isBroken) return { kind: 'failed', why: 'it is broken' }
        if (!(await entry.toFolder(to))) return { kind: 'withdrawn' }
        keys.push(key)
        cpSync(to, placeOf(key), { recursive: true })
        return { kind: 'saved' }
      },
    },
  }
  return entries
}

/** Identifies a job on a machine. */
interface MachineJob {
  /** How long ago the job began, in milliseconds. */
  readonly ago?: number
  readonly repository?: string
  /** Maximum stored length of an entry in bytes. */
  readonly maxSize?: number
  /** Name of the job kind. */
  readonly kind?: string
  /** Paths of its main modules. */
  readonly modulePaths?: readonly string[]
}

/** A machine with one build cache, empty at first, that runs jobs one after the other. */
export function startMachine({ store }: Pick<Entries, 'store'>) {
  const folder = temporaryFolder()
  const gocache = path.join(folder, 'cache')
  const transfer = { store, folder, variables: process.env }
  /** Begins a job for a source. */
  async function begin(source: string, given: MachineJob = {}) {
    const { ago = 0, repository = 'owner/ours', maxSize = 1e9, kind = 'build', modulePaths = [] } = given
    const began = Date.now() - ago
    const key = keyFor(kind, source)
    const place = { directory: gocache, family: `${repository.replace('/', '_')}_${kind}`, repository }
    const restored = await restoreBuild(transfer, place, key)
    const { matched, found, unreachable, isExclusive: own } = restored
    const build: BuildState = {
      ...{
        ...place,
        key: key.full,
        matched,
        found,
        unreachable,
        isExclusive: own,
        sameJob: isOf(kind, matched),
      },
      ...{
        workspace: folder,
        checkouts: [],
        modulePaths,
        testCache: 'keep',
        stableMtimes: '',
        excluded: { always: false, why: '', patterns: '', gomodcache: '' },
        salt: matched,
      },
    }
    const state: State = {
      ...{
        version: 1,
        folder,
        began,
        ended: began,
        warned: false,
        backend: 'auto',
        save: 'yes',
        why: 'a push',
      },
      ...{ saveBuildOnFailure: true, keepsPrivate: false, maxSize, summary: 'always', build },
    }
    const seconds = began / 1000 + 30
    const endAs = (ended: State) => saveCaches(planSave(ended, 'success'), ended, transfer)
    return {
      restored,
      /** Creates objects of these lengths in bytes, by number, as Go does. */
      make: (objects: Readonly<Record<number, number>>, content = blank) => {
        for (const [number, size] of Object.entries(objects)) {
          const { id } = put(gocache, Number(number), content(size, number), Math.round(seconds * 1000))
          utimesSync(fileIn(gocache, id, 'a'), seconds, seconds)
        }
      },
      /** Uses objects as Go does: it updates marks that are older than an hour. */
      use: (...numbers: readonly number[]) => {
        for (const file of numbers.map((number) => fileIn(gocache, hash(number), 'a'))) {
          if (seconds - statSync(file).mtimeMs / 1000 >= 60 * 60) utimesSync(file, seconds, seconds)
        }
      },
      /** Ends the job; `whole`: whether all its steps succeeded. */
      end: (whole = true) => saveBuild(transfer, state, { why: 'a push', whole }),
      /** Ends a job that may not save. */
      endUnsaved: (save: State['save'] = 'no') => endAs({ ...state, save, why: 'a pull request' }),
    }
  }
  return { gocache, begin }
}

function blank(size: number, number: string): string {
  return number.padEnd(size)
}

/** Whether an entry belongs to a kind of job. */
function isOf(kind: string, key: string): boolean {
  return key === '' || key.split('-').includes(kind)
}

/** Text that compresses to about half. */
export function random(size: number): string {
  return randomBytes(size / 2).toString('hex')
}

/** The result that Go stores for a passed test. */
export function passedTest(_: number, number: string): string {
  return `ok  \texample.com/x${number}\t0.01s\n`
}

/** Numbers of the objects that an empty machine restores for a source in a kind of job. */
export async function heldFor(entries: Entries, source: string, kind = 'build'): Promise<readonly number[]> {
  const { gocache, begin } = startMachine(entries)
  await begin(source, { kind })
  return listActions(gocache)
    .map(({ id }) => Number.parseInt(id.slice(0, 16), 16))
    .sort((a, b) => a - b)
}

function keyFor(kind: string, source: string) {
  const parts = [
    { name: 'schema', value: 'build', of: '' },
    { name: 'job', value: kind, of: '' },
    { name: 'source', value: source, of: '' },
  ]
  return makeKey(parts, 1)
}
