import {
  type LockedAnswer,
  type LockedProxy,
  type LockedProxyOptions,
  startLockedProxy,
} from './locked-proxy.ts'

/** Repository managers that cannot be run here, and are reproduced from what is written about them. */
export type RepositoryManagerKind = 'artifactory' | 'nexus'

/** How one is set up. */
export interface RepositoryManagerOptions
  extends Pick<LockedProxyOptions, 'key' | 'certificate' | 'target' | 'password' | 'instead'> {
  readonly kind: RepositoryManagerKind
  /** The virtual or group repository. */
  readonly repository: string
  /** Why a policy keeps modules away, by module path: Curation of Artifactory, Firewall of Nexus. */
  readonly blocked?: Readonly<Record<string, string>>
  /** Where zips are stored: clients are sent there with an address that is signed for them. */
  readonly storage?: string
}

/** Modules that `@latest` knows; others are only there by their versions, as where no upstream can be asked. */
const latest = /\/@latest$/

/**
 * Reproduces the paths and status codes of a repository manager in front of a module proxy; nothing else of it.
 *
 * - Artifactory: `/artifactory/api/go/<repository>` and 302 to object storage with a signed address (JFrog's pages on
 *   Go registries and on direct cloud storage download), 403 for what Curation blocks (jfrog/jfrog-cli-artifactory
 *   pull request 520), errors as JSON.
 * - Nexus: `/repository/<repository>` (Sonatype's page on Go repositories), 403 `Requested item is quarantined` for what
 *   Firewall holds back, and plain proxies know no `@latest`.
 * - Both: 401 with a realm, 404 for what is unknown.
 */
export async function startRepositoryManager(options: RepositoryManagerOptions): Promise<LockedProxy> {
  const { kind, repository, blocked = {}, storage, instead } = options
  return startLockedProxy({
    ...options,
    prefix: kind === 'artifactory' ? `/artifactory/api/go/${repository}` : `/repository/${repository}`,
    unknown:
      kind === 'artifactory'
        ? {
            status: 401,
            headers: {
              'www-authenticate': 'Basic realm="Artifactory Realm"',
              'content-type': 'application/json',
            },
            body: '{\n  "errors" : [ {\n    "status" : 401,\n    "message" : "Bad credentials"\n  } ]\n}',
          }
        : {
            status: 401,
            headers: { 'www-authenticate': 'BASIC realm="Sonatype Nexus Repository Manager"' },
          },
    instead: (path) => instead?.(path) ?? policy(path, blocked) ?? elsewhere(path, kind, storage),
  })
}

/** What is blocked is refused whatever is asked about it. */
function policy(path: string, blocked: Readonly<Record<string, string>>): LockedAnswer | undefined {
  const found = Object.entries(blocked).find(([module]) => path.startsWith(`/${module}/@`))
  return found && { status: 403, body: found[1] }
}

function elsewhere(
  path: string,
  kind: RepositoryManagerKind,
  storage: string | undefined,
): LockedAnswer | undefined {
  if (kind === 'nexus' && latest.test(path)) return { status: 404, body: 'Not Found' }
  if (storage === undefined || !path.endsWith('.zip')) return undefined
  return { status: 302, headers: { location: `${storage}${path}?X-Amz-Expires=30&X-Amz-Signature=0a1b2c` } }
}
