import * as path from 'node:path'
import { startChecksumDatabase } from '../../testbed/checksum-database.ts'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { type ModuleProxy, startModuleProxy } from '../../testbed/module-proxy.ts'
import { madeModule, publish } from '../golden/modules.ts'
import { type Bed, upstreamProxy } from '../harness/bed.ts'
import { isFull } from '../harness/extent.ts'

/** A module proxy that has the oldest Go as a toolchain module, and a checksum database that knows it. */
export interface ServedToolchain {
  readonly proxy: ModuleProxy
  /** Absolute path of the served folder, in the layout of `cache/download`. */
  readonly folder: string
  /** GOPROXY, and GOSUMDB if the database is not the public one. */
  readonly env: Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

/** Serves the toolchain module as the Go project publishes it: 70 MB, 10,000 files. */
async function serveRealToolchain(): Promise<ServedToolchain> {
  const folder = path.resolve(await goRoot(oldestGo), '../../cache/download')
  // Forwards to the checksum database, of which the folder holds nothing.
  const proxy = await startModuleProxy({ folder, upstream: await upstreamProxy() })
  return { proxy, folder, env: { GOPROXY: proxy.url }, stop: () => proxy.stop() }
}

/** Serves a toolchain module of a few files: see `publishSmallToolchain`. */
async function serveSmallToolchain(bed: Bed): Promise<ServedToolchain> {
  const folder = path.join(bed.folder, 'toolchains')
  await publishSmallToolchain(folder)
  const database = await startChecksumDatabase(folder)
  const proxy = await startModuleProxy({ folder, upstream: database.url })
  const env = { GOPROXY: proxy.url, GOSUMDB: database.key }
  const stop = async (): Promise<void> => {
    await proxy.stop()
    await database.stop()
  }
  return { proxy, folder, env, stop }
}

/**
 * Publishes a toolchain module of a few files, whose `go` runs the real Go of that version. Only the tree is small:
 * Go downloads, verifies and prepares it as any other (cmd/go/internal/toolchain/select.go, Exec).
 *
 * @param folder the files of a module proxy
 */
export async function publishSmallToolchain(folder: string): Promise<void> {
  const goroot = await goRoot(oldestGo)
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  publish(
    folder,
    madeModule('golang.org/toolchain', `v0.0.1-go${oldestGo}.${platform}`, {
      'bin/go': `#!/bin/sh\nunset GOROOT\nexec '${goroot}/bin/go' "$@"\n`,
      'bin/gofmt': '#!/bin/sh\n',
      'lib/time/README': '',
      [`pkg/tool/${platform.replace('-', '_')}/compile`]: '#!/bin/sh\n',
      'src/_go.mod': 'module std\n\ngo 1.21\n',
      'src/cmd/_go.mod': 'module cmd\n\ngo 1.21\n',
    }),
  )
}

/** The toolchains of a test: a short run uses only the small one. */
export const toolchains: readonly (readonly [string, (bed: Bed) => Promise<ServedToolchain>])[] = [
  ['a small one', serveSmallToolchain],
  ...(isFull ? [['a real one', serveRealToolchain] as const] : []),
]
