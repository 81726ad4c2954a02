import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { downloadEnvironment } from '../testbed/environment.ts'
import { checkOut, git } from '../testbed/git-repository.ts'
import { type ModuleProxy, startModuleProxy } from '../testbed/module-proxy.ts'
import { removeTree } from '../testbed/remove-tree.ts'
import { checksums, go, type Project } from './project.ts'

/** Real modules, downloaded once and kept between runs of the bench. */
export const modulesFolder = path.resolve(import.meta.dirname, '..', '.tools', 'bench', 'modules')

/**
 * Starts a module proxy with every module of a project, before and after each bump. Missing modules are
 * downloaded first, which is never measured.
 *
 * @param project the measured repository
 * @param scratch absolute path of a folder for a checkout
 * @param latencyMs added to every request
 * @param say logs downloads
 */
export async function startModules(
  project: Project,
  scratch: string,
  latencyMs: number,
  say: (text: string) => void,
): Promise<ModuleProxy> {
  const digest = createHash('sha256').update(checksums(project.name)).digest('hex').slice(0, 16)
  const stamp = path.join(modulesFolder, `filled-${project.name}-${digest}`)
  if (!existsSync(stamp)) {
    say(`downloading the modules of the ${project.name} project, once ...`)
    for (let bumps = 0; bumps <= project.bumps.length; bumps++) await fill(project, bumps, scratch)
    mkdirSync(modulesFolder, { recursive: true })
    writeFileSync(stamp, '')
  }
  const proxy = await startModuleProxy({ folder: path.join(modulesFolder, 'cache', 'download') })
  if (latencyMs > 0) proxy.fail({ latencyMs })
  return proxy
}

async function fill(project: Project, bumps: number, scratch: string): Promise<void> {
  const { repository, sha } = await project.commit({ edits: 0, bumps })
  const checkout = path.join(scratch, 'fill')
  await removeTree(checkout)
  await checkOut(repository, checkout)
  await git(checkout, 'checkout', '--quiet', '--detach', sha)
  const environment = { ...downloadEnvironment(), GOMODCACHE: modulesFolder, GOFLAGS: '-modcacherw' }
  await go(checkout, environment, 'mod', 'download')
  // The go.mod files of modules that are in the graph but in no build.
  await go(checkout, environment, 'mod', 'graph')
  await go(checkout, environment, 'list', '-m', 'all')
  await removeTree(checkout)
}
