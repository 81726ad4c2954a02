import { createHmac } from 'node:crypto'

/** What a signed address allows: reading a blob, or creating and writing it. */
export type Permission = 'r' | 'cw'

/** Why an address is refused, in the words of Azure's storage errors. */
export type Refusal = 'AuthenticationFailed' | 'AuthorizationPermissionMismatch'

/**
 * Signs an address in the manner of an Azure service SAS: anyone who holds it may do what it says until it
 * expires. The signed text is ours, the parameters are Azure's.
 *
 * @param resource `/account/container/blob`
 * @returns query parameters to put behind the blob's address
 */
export function sign(
  secret: string,
  resource: string,
  permission: Permission,
  expires: Date,
): URLSearchParams {
  const se = expires.toISOString()
  const sig = signature(secret, resource, permission, se)
  return new URLSearchParams({ sv: '2026-02-06', sr: 'b', sp: permission, se, sig })
}

/**
 * Checks a signed address.
 *
 * @param needed the one permission letter that the request needs
 * @returns why it is refused, or undefined if it is in order
 */
export function refusal(
  secret: string,
  resource: string,
  query: URLSearchParams,
  needed: 'r' | 'w',
): Refusal | undefined {
  const [permission, expires] = [query.get('sp') ?? '', query.get('se') ?? '']
  const genuine = query.get('sig') === signature(secret, resource, permission, expires)
  if (!genuine || Date.parse(expires) < Date.now()) return 'AuthenticationFailed'
  return permission.includes(needed) ? undefined : 'AuthorizationPermissionMismatch'
}

function signature(secret: string, resource: string, permission: string, expires: string): string {
  return createHmac('sha256', secret).update([resource, permission, expires].join('\n')).digest('base64')
}
