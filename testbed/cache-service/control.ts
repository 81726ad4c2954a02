import { type Entry, findEntry, type Identity, type Reservation, sameIdentity } from './entries.ts'
import type { Rpc } from './faults.ts'

/** What a runtime token allows, as the `ac` claim of GitHub's does. */
export interface Access {
  /** Refs whose entries may be restored, the job's own first; none for `cache-mode: write-only`. */
  readonly readScopes: readonly string[]
  /** Ref that entries are saved under; null for a token that must not save. */
  readonly writeScope: string | null
}

/** An HTTP answer with a JSON body. */
export interface RpcAnswer {
  readonly status: number
  readonly body: object
}

/** The blobs behind the entries, seen from the control plane. */
export interface EntryBlobs {
  signedUrl(id: number, permission: 'r' | 'cw'): string
  /** @returns bytes, or undefined if nothing was uploaded */
  size(id: number): number | undefined
  remove(id: number): Promise<void>
}

/** The control plane: GitHub's cache service v2. */
export interface Control {
  call(rpc: Rpc, message: unknown, access: Access): RpcAnswer
  /** Committed entries, oldest first. */
  entries(): readonly Entry[]
  /** Key of an entry, committed or not. */
  keyOf(id: number): string | undefined
  /** Removes committed and reserved entries that the test holds for. */
  remove(which: (entry: Reservation) => boolean): Promise<void>
}

/** What twirp's error codes mean in HTTP, those that the service uses. Source: twirp's wire protocol, v7. */
const statusOf = {
  invalid_argument: 400,
  malformed: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  bad_route: 404,
  already_exists: 409,
} as const

/** An error in twirp's JSON form. */
export function twirpError(code: keyof typeof statusOf, msg: string): RpcAnswer {
  return { status: statusOf[code], body: { code, msg } }
}

/** A control plane without entries. */
export function createControl(blobs: EntryBlobs): Control {
  let reserved: readonly Reservation[] = []
  let committed: readonly Entry[] = []
  let ids = 0

  const methods: Record<Rpc, (message: Message, access: Access) => RpcAnswer> = {
    CreateCacheEntry({ key, version }, { writeScope: scope }) {
      if (scope === null) {
        return done({ ok: false, message: 'cache write denied: the token of this run may only read' })
      }
      const identity = { scope, key, version }
      if ([...reserved, ...committed].some((entry) => sameIdentity(entry, identity))) {
        return twirpError('already_exists', `cache entry with key ${key} exists for this version and scope`)
      }
      ids += 1
      reserved = [...reserved, { id: ids, ...identity }]
      return done({ ok: true, signed_upload_url: blobs.signedUrl(ids, 'cw'), message: '' })
    },
    FinalizeCacheEntryUpload({ key, version, size }, { writeScope: scope }) {
      const identity = { scope: scope ?? '', key, version }
      const reservation = reserved.find((entry) => sameIdentity(entry, identity))
      if (reservation === undefined)
        return twirpError('not_found', `no cache entry is reserved for key ${key}`)
      const uploaded = blobs.size(reservation.id)
      if (uploaded !== size) {
        return done({ ok: false, message: `uploaded ${uploaded ?? 'nothing'}, announced ${size} bytes` })
      }
      reserved = reserved.filter((entry) => entry !== reservation)
      committed = [...committed, { ...reservation, size, created: new Date() }]
      return done({ ok: true, entry_id: String(reservation.id), message: '' })
    },
    GetCacheEntryDownloadURL(lookup, { readScopes }) {
      if (readScopes.length === 0) {
        return twirpError(
          'permission_denied',
          'cache read denied: the token of this run has no readable scope',
        )
      }
      const entry = findEntry(committed, lookup, readScopes)
      if (entry === undefined) return done({ ok: false, signed_download_url: '', matched_key: '' })
      return done({ ok: true, signed_download_url: blobs.signedUrl(entry.id, 'r'), matched_key: entry.key })
    },
  }

  return {
    call(rpc, json, access) {
      const message = readMessage(json)
      return message === undefined
        ? twirpError('invalid_argument', 'key and version are needed, key with at most 512 characters')
        : methods[rpc](message, access)
    },
    entries: () => committed,
    keyOf: (id) => [...reserved, ...committed].find((entry) => entry.id === id)?.key,
    async remove(which) {
      const gone = [...reserved, ...committed].filter(which)
      reserved = reserved.filter((entry) => !which(entry))
      committed = committed.filter((entry) => !which(entry))
      await Promise.all(gone.map(({ id }) => blobs.remove(id)))
    },
  }
}

interface Message extends Omit<Identity, 'scope'> {
  readonly restoreKeys: readonly string[]
  readonly size: number
}

/** Reads any of the three requests: proto3 JSON, either spelling of names, int64 as text or number. */
function readMessage(json: unknown): Message | undefined {
  const { key, version, restore_keys, restoreKeys, size_bytes, sizeBytes } = (json ?? {}) as Record<
    string,
    unknown
  >
  if (typeof key !== 'string' || typeof version !== 'string') return undefined
  if (key === '' || version === '' || key.length > 512) return undefined
  const more = restore_keys ?? restoreKeys
  return {
    key,
    version,
    restoreKeys: Array.isArray(more) ? more.map(String) : [],
    size: Number(size_bytes ?? sizeBytes),
  }
}

function done(body: object): RpcAnswer {
  return { status: 200, body }
}
