/** What a scope of a token allows: bits, as clients of the cache service read them. */
const writing = 2

/**
 * Whether a token of the cache service may save entries. GitHub puts the branches that a job may read and write into the
 * claim `ac` (tonistiigi/go-actions-cache, cache.go: Scope and Permission), and leaves nothing to write to where an event is
 * not trusted. Nothing is proven by that, and nothing needs to be: the service decides by itself.
 *
 * @param token ACTIONS_RUNTIME_TOKEN
 * @returns true also for a token that does not tell
 */
export function maySave(token: string): boolean {
  const scopes = claimedScopes(token)
  return scopes === undefined || scopes.length === 0 || scopes.some((scope) => (scope & writing) !== 0)
}

/** The permissions in a token; undefined when it is no JSON Web Token, or says nothing of them. */
function claimedScopes(token: string): readonly number[] | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      ac?: unknown
    }
    const scopes = JSON.parse(String(claims.ac)) as readonly { readonly Permission?: unknown }[]
    const permissions = scopes.map((scope) => scope.Permission)
    return permissions.every((one) => typeof one === 'number')
      ? (permissions as readonly number[])
      : undefined
  } catch {
    return undefined
  }
}
