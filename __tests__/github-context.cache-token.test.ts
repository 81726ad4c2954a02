import { describe, expect, test } from 'vitest'
import { canTokenSave } from '../src/github-context.ts'

/** A token as GitHub's runner gets it; nobody checks its signature here. */
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
    ['one branch to read and write', scopes(3), true],
    ['its own to write, the default branch to read', scopes(3, 1), true],
    ['one to write alone', scopes(2), true],
    ['one to read', scopes(1), false],
    ['several to read', scopes(1, 1), false],
    ['one to read, with a bit of a later day', scopes(5), false],
  ])('with %s: %s', (_, given, expected) => {
    expect(canTokenSave(given)).toBe(expected)
  })

  test.each([
    ['nothing', ''],
    ['no JSON Web Token', 'opaque-token'],
    ['three parts that are none', 'a.b.c'],
    ['no claim', token({})],
    ['no scopes', scopes()],
    ['another kind of permission', scopes('read')],
    ['a claim that is no JSON', token({ ac: 'x' })],
    ['a claim that is no list', token({ ac: '{}' })],
    ['a claim of nothing', token({ ac: 'null' })],
  ])('with %s the service decides', (_, given) => {
    expect(canTokenSave(given)).toBe(true)
  })
})
