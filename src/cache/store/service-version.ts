import type { Variables } from '../../platform/environment.ts'

/**
 * Returns the version of the cache service that @actions/cache speaks on a server (its internal/config.ts,
 * getCacheServiceVersion). Only GitHub's own servers offer version 2. Gitea's runner sets the variable as well, and
 * actions such as sccache-action export it everywhere, so the host counts first.
 *
 * @param variables GITHUB_SERVER_URL, and ACTIONS_CACHE_SERVICE_V2, of which any value counts
 */
export function serviceVersion({
  GITHUB_SERVER_URL = '',
  ACTIONS_CACHE_SERVICE_V2 = '',
}: Variables): 'v1' | 'v2' {
  const server = GITHUB_SERVER_URL || 'https://github.com'
  const host = URL.canParse(server) ? new URL(server).hostname.toLowerCase() : ''
  const isGithub = host === 'github.com' || /\.(?:ghe\.com|localhost)$/.test(host)
  return isGithub && ACTIONS_CACHE_SERVICE_V2 !== '' ? 'v2' : 'v1'
}
