import { join } from 'node:path'
import { root } from '../place.mjs'
import { logged } from './commands.mjs'
import { programs } from './place.mjs'

/** Where the servers for Windows are; tests look for them in `.tools/bin`. */
export const serversForWindows = join(programs, 'servers')

/** Of the test bed's programs in Go, those that unit tests start. */
const servers = {
  'checksum-database': 'testbed/checksum-database',
  'act-cache-server': 'testbed/cache-servers/act',
  'gitea-cache-server': 'testbed/cache-servers/gitea',
}

/**
 * Builds the servers of the test bed for Windows. Go's cache makes it fast when nothing has changed.
 * @param {NodeJS.ProcessEnv} environment
 * @throws {import('../process.mjs').SetupError} when a build fails
 */
export function ensureServers(environment) {
  const target = { CGO_ENABLED: '0', GOOS: 'windows', GOARCH: 'amd64', GOFLAGS: '', GOWORK: 'off' }
  for (const [name, folder] of Object.entries(servers)) {
    const file = join(serversForWindows, `${name}.exe`)
    const args = ['build', '-C', join(root, folder), '-trimpath', '-o', file, '.']
    logged('go', args, { ...environment, ...target })
  }
}
