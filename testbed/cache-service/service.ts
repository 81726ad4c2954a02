import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBlobStore, type Damage } from './blob-store.ts'
import { type Access, createControl } from './control.ts'
import type { Entry } from './entries.ts'
import { createFaults, type FaultRule, send } from './faults.ts'
import { answer, type Parts, type SeenRequest } from './requests.ts'
import { createLink } from './shaping.ts'
import { sign } from './signature.ts'

/** How to start a cache service. */
export interface CacheServiceOptions extends Partial<Access> {
  /** Runtime token of jobs with the service's own access. */
  readonly token?: string
  /** Bytes per second that all uploads, and all downloads, share. Absent: no limit. */
  readonly bandwidthBytesPerSecond?: number
  /** Milliseconds that every request takes on top. */
  readonly latencyMs?: number
  /**
   * Host that blob addresses name instead of the service's own. @actions/cache takes the Azure SDK's ranged
   * download only for hosts that end in `.blob.core.windows.net`; a forward proxy then leads back here.
   */
  readonly blobHost?: string
  /** Folder to make the folder of blobs in; the system's temporary folder if absent. */
  readonly directory?: string
}

/** A running cache service. */
export interface CacheService {
  /** Value of ACTIONS_RESULTS_URL, with a slash at its end. */
  readonly url: string
  readonly token: string
  readonly requests: readonly SeenRequest[]
  /**
   * What a runner sets for a job.
   *
   * @param access rights of this job, if they differ from the service's own
   */
  environment(access?: Partial<Access>): Record<string, string>
  /** What the runner of GitHub Enterprise Server sets for a job: only version 1. */
  olderEnvironment(access?: Partial<Access>): Record<string, string>
  /** Committed entries, oldest first. */
  entries(): readonly Entry[]
  /** Deletes every entry with this key, also a reserved one. */
  delete(key: string): Promise<void>
  clear(): Promise<void>
  /**
   * Damages what is stored for the newest entry with this key; its size in the entry stays what it was.
   *
   * @returns puts back what was there
   * @throws if there is no such entry
   */
  damage(key: string, damage: Damage): () => void
  /** @returns removes the rule again */
  fault(rule: FaultRule): () => void
  /** Ends all connections, also hanging ones, and removes what is on disk. */
  stop(): Promise<void>
}

const urlLifetimeMs = 60 * 60 * 1000
const account = 'testbed'
const mainBranch = 'refs/heads/main'

/** Starts a cache service on an ephemeral port of 127.0.0.1. */
export async function startCacheService(options: CacheServiceOptions = {}): Promise<CacheService> {
  const directory = mkdtempSync(join(options.directory ?? tmpdir(), 'cache-service-'))
  const store = createBlobStore(directory)
  const secret = randomBytes(32).toString('base64')
  const token = options.token ?? randomBytes(16).toString('hex')
  const { readScopes = [mainBranch], writeScope = mainBranch } = options
  const tokens = new Map<string, Access>([[token, { readScopes, writeScope }]])
  const bandwidth = options.bandwidthBytesPerSecond ?? Number.POSITIVE_INFINITY
  const faults = createFaults()
  const seen: SeenRequest[] = []

  const server = createServer((request, response) => {
    answer(request, response, parts).catch((error: unknown) => {
      // Nobody is left to answer once the client went away or the headers are out.
      if (response.headersSent || response.destroyed) response.destroy()
      else send(response, { status: 500, body: { code: 'internal', msg: String(error) } })
    })
  })
  // Requests that hang on purpose, or crawl over a narrow link, must not run into Node's own limit.
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

  const control = createControl({
    signedUrl(id, permission) {
      const blob = `/${options.blobHost?.split('.')[0] ?? account}/actions-cache/${id}`
      const query = sign(secret, blob, permission, new Date(Date.now() + urlLifetimeMs))
      const host = options.blobHost
      const address =
        host === undefined ? new URL(blob, url) : new URL(blob.slice(blob.indexOf('/', 1)), `http://${host}`)
      return `${address}?${query}`
    },
    size: (id) => store.get(String(id))?.size,
    remove: (id) => store.remove(String(id)),
  })
  const parts: Parts = {
    control,
    store,
    faults,
    links: { up: createLink(bandwidth), down: createLink(bandwidth) },
    latencyMs: options.latencyMs ?? 0,
    secret,
    tokens,
    seen,
    reservations: new Map(),
  }
  const tokenFor = (access: Partial<Access> | undefined) => {
    const own = access === undefined ? token : randomBytes(16).toString('hex')
    if (access !== undefined) tokens.set(own, { readScopes, writeScope, ...access })
    return own
  }

  return {
    url,
    token,
    requests: seen,
    environment: (access) => ({
      ACTIONS_CACHE_SERVICE_V2: 'True',
      ACTIONS_RESULTS_URL: url,
      ACTIONS_RUNTIME_TOKEN: tokenFor(access),
    }),
    olderEnvironment: (access) => ({
      GITHUB_SERVER_URL: 'https://github.corp.example',
      ACTIONS_CACHE_URL: url,
      ACTIONS_RUNTIME_TOKEN: tokenFor(access),
    }),
    entries: () => control.entries(),
    delete: (key) => control.remove((entry) => entry.key === key),
    clear: () => control.remove(() => true),
    damage(key, damage) {
      const entry = control.entries().findLast((candidate) => candidate.key === key)
      if (entry === undefined) throw new Error(`there is no cache entry with key ${key}`)
      return store.damage(String(entry.id), damage)
    },
    fault: (rule) => faults.add(rule),
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
