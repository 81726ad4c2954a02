import { describe, expect, test } from 'vitest'
import { canTokenSave } from '../src/github-context.ts'

/** A token as GitHub's runner receives it; its signature is not checked here. */
function token(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [part({ alg: 'RS256', typ: 'JWT' }), part(claims), 'signature'].join('.')
}

const scopes = (...permissions: readonly unknown[]) =>
  token({
    ac: JSON.stringify(
      permissions.map((Permission, index) => ({ Scope: `refs/heads/${index}`, Permission })),
    ),
  })

describe('maySave', () => {
  test.each([
    ['read and write for one branch', scopes(3), true],
    ['write for its own branch, read for the default branch', scopes(3, 1), true],
    ['write for one branch', scopes(2), true],
    ['read for one branch', scopes(1), false],
    ['read for several branches', scopes(1, 1), false],
    ['read for one branch, with an unknown permission bit', scopes(5), false],
  ])('for a token with %s: %s', (_, given, expected) => {
    expect(canTokenSave(given)).toBe(expected)
  })

  test.each([
    ['no token', ''],
    ['a token that is not a JSON Web Token', 'opaque-token'],
    ['three invalid parts', 'a.b.c'],
    ['no claims', token({})],
    ['no scopes', scopes()],
    ['an unknown kind of permission', scopes('read')],
    ['a claim that is not JSON', token({ ac: 'x' })],
    ['a claim that is not a list', token({ ac: '{}' })],
    ['an empty claim', token({ ac: 'null' })],
  ])('leaves the decision to the service with %s', (_, given) => {
    expect(canTokenSave(given)).toBe(true)
  })
})
