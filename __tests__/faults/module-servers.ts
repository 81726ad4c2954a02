import { mkdirSync, renameSync } from 'node:fs'
import * as path from 'node:path'
import { type AthensOptions, startAthens } from '../../testbed/athens.ts'
import { startGoproxy } from '../../testbed/goproxy.ts'
import { type MadeModule, publish } from '../golden/modules.ts'
import { temporaryFolder } from '../temporary.ts'
import { type FaultCase, type FaultPlace, needed } from './table.ts'

type Server = { readonly url: string; readonly storage: string; readonly stop: () => Promise<void> }

/** Starts a real module proxy for a fault; the job downloads its modules from there. */
function through(
  start: (place: FaultPlace, folder: string) => Promise<Server>,
  goproxy = (url: string, _: FaultPlace) => url,
): Pick<FaultCase, 'breaks' | 'job'> {
  let server: Server
  return {
    breaks: async (place) => {
      server = await start(place, temporaryFolder())
      return server.stop
    },
    job: (place) => ({ env: { GOPROXY: goproxy(server.url, place) } }),
  }
}

/** Makes a server fetch all modules, as earlier jobs have done. */
async function fill({ url }: Server, modules: readonly MadeModule[]): Promise<void> {
  for (const { path: name, version } of modules) {
    const answer = await fetch(`${url}/${name}/@v/${version}.zip`)
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
    await answer.arrayBuffer()
  }
}

/** A goproxy whose stored content of a module was changed. */
export function goproxyThatServes(module: MadeModule): Pick<FaultCase, 'breaks' | 'job'> {
  return through(async ({ machine }, folder) => {
    const server = await startGoproxy({ folder, upstream: machine.served })
    await fill(server, needed.modules)
    publish(server.storage, module)
    return server
  })
}

/** An Athens whose stored content of a module was changed. */
export function athensThatServes(module: MadeModule): Pick<FaultCase, 'breaks' | 'job'> {
  return through(async ({ machine }, folder) => {
    const server = await startAthens({ folder, upstream: machine.served })
    await fill(server, needed.modules)
    const [made, kept] = [
      path.join(folder, 'made'),
      path.join(server.storage, module.path, module.version, 'source.zip'),
    ]
    mkdirSync(made)
    publish(made, module)
    renameSync(path.join(made, module.path, '@v', `${module.version}.zip`), kept)
    return server
  })
}

/**
 * An Athens that takes modules from the machine's own proxy.
 *
 * @param goproxy returns GOPROXY for the URL of this Athens
 */
export function athensWith(
  options: Omit<AthensOptions, 'folder' | 'upstream'> & { readonly upstream?: string },
  goproxy?: (url: string, place: FaultPlace) => string,
): Pick<FaultCase, 'breaks' | 'job'> {
  return through(
    ({ machine }, folder) => startAthens({ folder, upstream: machine.proxy.url, ...options }),
    goproxy,
  )
}

/**
 * A goproxy that takes modules from the machine's own proxy.
 *
 * @param goproxy returns GOPROXY for the URL of this goproxy
 */
export function goproxyWith(goproxy: (url: string) => string): Pick<FaultCase, 'breaks' | 'job'> {
  return through(({ machine }, folder) => startGoproxy({ folder, upstream: machine.proxy.url }), goproxy)
}
