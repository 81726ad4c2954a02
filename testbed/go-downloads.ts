import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { goRoot, oldestGo } from './go-toolchains.ts'

/** What a request asks for; `other` is nothing that go.dev/dl serves here. */
export type DownloadRequestKind = 'list' | 'archive' | 'sha256' | 'other'

/** One request as it was answered. */
export type DownloadRequest = {
  readonly kind: DownloadRequestKind
  /** The path with its query. */
  readonly path: string
  /** 0 for one that was left without an answer. */
  readonly status: number
}

/** Answers that are not the truth. */
export type DownloadFault = {
  /** Which requests; all when absent. */
  readonly kind?: DownloadRequestKind
  /** How many requests it hits before it is used up; without end when absent. */
  readonly times?: number
  /** Answered instead; when both are absent the request is left without an answer. */
  readonly status?: number
  /** With status 200 in place of the true text; with others the text of the error. */
  readonly body?: string
}

/** What is served. */
export type GoDownloadsOptions = {
  /** As in `go1.24.3`, newest first, as go.dev has them. Every one is served with the same archive, of Go 1.21. */
  readonly releases: readonly string[]
  /** Whether the published SHA-256 are right, wrong or not there; `right` when absent. */
  readonly sha256?: 'right' | 'wrong' | 'absent'
  /** Whether there is a list of releases; true when absent. */
  readonly list?: boolean
}

/** A running server. */
export type GoDownloads = {
  /** The base address, in place of https://go.dev/dl. */
  readonly url: string
  readonly requests: readonly DownloadRequest[]
  /** Adds a fault; of several that fit a request the oldest one counts. */
  readonly fail: (fault: DownloadFault) => void
  readonly stop: () => Promise<void>
}

/** A release in the list (golang.org/x/website/internal/dl/dl.go). */
export type ListedRelease = {
  readonly version: string
  readonly stable: boolean
  readonly files: readonly {
    readonly filename: string
    readonly os: string
    readonly arch: string
    readonly version: string
    readonly sha256: string
    readonly size: number
    readonly kind: 'archive' | 'installer' | 'source'
  }[]
}

const archives = path.resolve(import.meta.dirname, '..', '.tools', 'go-downloads-small')
/** This machine in the words of go.dev/dl. */
const here = {
  os: process.platform === 'win32' ? 'windows' : process.platform,
  arch: { x64: 'amd64', ia32: '386', arm: 'armv6l' }[process.arch as string] ?? process.arch,
}
const ending = here.os === 'windows' ? '.zip' : '.tar.gz'

/**
 * Starts a server on 127.0.0.1 that offers releases of Go as go.dev/dl does: a list at `/?mode=json&include=all`,
 * and beside it each archive and its `.sha256`.
 */
export async function startGoDownloads(options: GoDownloadsOptions): Promise<GoDownloads> {
  const archive = await goArchive()
  const { size } = await stat(archive)
  const sha256 = { right: await sha256Of(archive), wrong: '0'.repeat(64), absent: '' }[
    options.sha256 ?? 'right'
  ]
  const list = options.releases.map((version) => listed(version, sha256, size))
  const names = new Set(options.releases.map(archiveOf))
  const requests: DownloadRequest[] = []
  const faults: { fault: DownloadFault; left: number }[] = []

  const truth = (kind: DownloadRequestKind, name: string): string | undefined => {
    if (kind === 'list') return options.list === false ? undefined : JSON.stringify(list)
    const isServed = kind === 'sha256' && names.has(name.slice(0, -'.sha256'.length)) && sha256 !== ''
    return isServed ? `${sha256}\n` : undefined
  }
  const answer = async (asked: string, response: ServerResponse): Promise<void> => {
    const { pathname, search } = new URL(asked, 'http://127.0.0.1')
    const name = pathname.replace('/dl/', '')
    const kind = kindOf(pathname, search)
    const fault = take(faults, kind)
    const status = fault === undefined ? undefined : (fault.status ?? 0)
    if (status === undefined && kind === 'archive' && names.has(name)) {
      requests.push({ kind, path: asked, status: 200 })
      response.writeHead(200, { 'content-length': size })
      await pipeline(createReadStream(archive), response).catch(() => response.destroy())
      return
    }
    const body = fault?.body ?? truth(kind, name)
    const code = status ?? (body === undefined ? 404 : 200)
    requests.push({ kind, path: asked, status: code })
    if (code !== 0) response.writeHead(code).end(body ?? `${code}\n`)
  }
  const server = createServer((request, response) => {
    answer(request.url ?? '/', response).catch((error: unknown) => response.destroy(error as Error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dl`,
    requests,
    fail: (fault) => faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** The name of a release's archive for this machine. */
export function archiveOf(version: string): string {
  return `${version}.${here.os}-${here.arch}${ending}`
}

/** As on go.dev, a release has files for more than this machine, and more than archives. */
function listed(version: string, sha256: string, size: number): ListedRelease {
  const file = { version, sha256, size }
  const other = here.os === 'linux' ? 'freebsd' : 'linux'
  return {
    version,
    stable: !/rc|beta/.test(version),
    files: [
      { ...file, filename: `${version}.src.tar.gz`, os: '', arch: '', kind: 'source' },
      { ...file, filename: `${version}.${here.os}-${here.arch}.pkg`, ...here, kind: 'installer' },
      { ...file, filename: `${version}.${other}-amd64.tar.gz`, os: other, arch: 'amd64', kind: 'archive' },
      { ...file, filename: archiveOf(version), ...here, kind: 'archive' },
    ],
  }
}

function kindOf(pathname: string, search: string): DownloadRequestKind {
  if (pathname === '/dl/' && search === '?mode=json&include=all') return 'list'
  if (pathname.endsWith('.sha256')) return 'sha256'
  return /\.(?:tar\.gz|zip)$/.test(pathname) ? 'archive' : 'other'
}

function take(
  faults: { fault: DownloadFault; left: number }[],
  kind: DownloadRequestKind,
): DownloadFault | undefined {
  const found = faults.find(({ fault, left }) => left > 0 && (fault.kind ?? kind) === kind)
  if (found) found.left -= 1
  return found?.fault
}

/**
 * A real Go as go.dev packs it, without its sources and tools, made once: enough for `go version` and `go env`.
 * @returns absolute path of the archive
 */
async function goArchive(): Promise<string> {
  const archive = path.join(archives, archiveOf(`go${oldestGo}`))
  if (existsSync(archive)) return archive
  const root = await goRoot(oldestGo)
  await mkdir(archives, { recursive: true })
  // Tests in other processes may make it at the same time: who is last puts the same in its place.
  const scratch = await mkdtemp(path.join(archives, 'new-'))
  try {
    const exe = here.os === 'windows' ? '.exe' : ''
    for (const name of ['VERSION', 'go.env', `bin/go${exe}`, 'pkg/include']) {
      await cp(path.join(root, name), path.join(scratch, 'go', name), { recursive: true })
    }
    // By this folder Go recognises its GOROOT (cmd/go/internal/cfg, isGOROOT).
    await mkdir(path.join(scratch, 'go', 'pkg', 'tool'), { recursive: true })
    const made = path.join(scratch, path.basename(archive))
    await pack(scratch, made)
    await rename(made, archive)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return archive
}

/** Windows' own tar makes zip files too. */
async function pack(folder: string, archive: string): Promise<void> {
  const args = archive.endsWith('.zip') ? ['-a', '-cf', archive] : ['-cf', '-']
  const tar = spawn('tar', [...args, '-C', folder, 'go'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(tar, 'close')
  if (archive.endsWith('.zip')) tar.stdout.resume()
  else await pipeline(tar.stdout, createGzip({ level: 1 }), createWriteStream(archive))
  const [code] = await ended
  if (code !== 0) throw new Error(`tar ended with ${code}`)
}

async function sha256Of(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
