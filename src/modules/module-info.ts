import type { ModuleOrigin } from './bundle.ts'

/** A `.info` file as data (go.dev/ref/mod, "GOPROXY protocol"; Origin: cmd/go/internal/modfetch/codehost). */
interface Info {
  readonly Version?: unknown
  readonly Time?: unknown
  readonly Origin?: Readonly<Record<string, unknown>> | null
}

/**
 * Where a version comes from, as its `.info` says it; undefined where it does not.
 *
 * @param text content of the file
 */
export function originOf(text: string): ModuleOrigin | undefined {
  const { Origin: origin } = read(text)
  if (origin === undefined || origin === null) return undefined
  const named = { vcs: origin.VCS, url: withoutUser(origin.URL), ref: origin.Ref, hash: origin.Hash }
  const known = Object.entries(named).filter(([, value]) => typeof value === 'string' && value !== '')
  return known.length === 0 ? undefined : Object.fromEntries(known)
}

/**
 * A `.info` as it may be given away: what the go command reads of it, in a fixed order, and no user or password in the
 * address of the repository.
 *
 * @param text content of the file
 */
export function publicInfo(text: string): string {
  const { Version, Time, Origin } = read(text)
  const origin =
    Origin === undefined || Origin === null
      ? {}
      : {
          Origin: Object.fromEntries(
            Object.entries(Origin)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, value]) => [name, name === 'URL' ? withoutUser(value) : value]),
          ),
        }
  return JSON.stringify({ Version, Time, ...origin })
}

function read(text: string): Info {
  try {
    const value = JSON.parse(text) as Info | null
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function withoutUser(address: unknown): unknown {
  if (typeof address !== 'string') return address
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
}
