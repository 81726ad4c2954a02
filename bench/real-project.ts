import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { downloadEnvironment } from '../testbed/environment.ts'
import { createRepository, git } from '../testbed/git-repository.ts'
import { removeTree } from '../testbed/remove-tree.ts'
import { modulesFolder } from './modules.ts'
import { type Commit, go } from './project.ts'

/** A repository that others wrote. Its source is the zip of its module, so every machine has the same. */
const caddy = {
  module: 'github.com/caddyserver/caddy/v2',
  version: 'v2.11.9',
  /** As its line in a go.sum. */
  sum: 'h1:bhZtcRKQOq0fuLvEgCdPYvUxXyGn9kzjG4lh2332DTE=',
} as const

/** Its name in the table. */
export const realProjectTitle = `caddy ${caddy.version.slice(1)}`

/**
 * Makes a repository of it, and downloads its modules into the folder that the module proxy of the bench serves. Both
 * are downloaded once, and never measured.
 *
 * @param folder absolute path of a folder for the repository
 * @param say logs downloads
 * @throws {Error} when the source has another hash
 */
export async function checkOutRealProject(folder: string, say: (text: string) => void): Promise<Commit> {
  const { module, version, sum } = caddy
  const stamp = path.join(modulesFolder, `filled-caddy-${version}`)
  const isFilled = existsSync(stamp)
  const environment = {
    ...downloadEnvironment(),
    ...(isFilled ? { GOPROXY: 'off' } : {}),
    // The hash below proves the source, and its go.sum the rest.
    GOSUMDB: 'off',
    ...{ GOMODCACHE: modulesFolder, GOFLAGS: '-modcacherw' },
  }
  if (!isFilled) say(`downloading ${realProjectTitle} and its modules, once ...`)
  mkdirSync(folder, { recursive: true })
  const answer = await go(folder, environment, 'mod', 'download', '-json', `${module}@${version}`)
  const { Dir, Sum } = JSON.parse(answer) as { readonly Dir: string; readonly Sum: string }
  if (Sum !== sum) throw new Error(`${module}@${version} has the hash ${Sum}, not ${sum}`)
  const repository = path.join(folder, 'repository')
  const source = path.join(folder, 'source')
  await removeTree(repository)
  cpSync(Dir, source, { recursive: true })
  if (!isFilled) {
    await go(source, environment, 'mod', 'download')
    // The go.mod files of modules that are in the graph but in no build.
    await go(source, environment, 'mod', 'graph')
    await go(source, environment, 'list', '-m', 'all')
    writeFileSync(stamp, '')
  }
  await createRepository(source, repository)
  await removeTree(source)
  return { repository, sha: await git(repository, 'rev-parse', 'HEAD') }
}
