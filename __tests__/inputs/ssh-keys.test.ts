import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSshKeys, sshSecrets } from '../../src/inputs/ssh-keys.ts'
import { makeSshKey } from '../../testbed/ssh-key.ts'

const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-keys-'))
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5, force: true }))

const passphrase = 'a passphrase'
const open: Record<string, string> = {}
const locked: Record<string, string> = {}
let publicKey = ''
// Real keys, in every format.
beforeAll(async () => {
  for (const [name, args] of [
    ['ed25519', ['-t', 'ed25519']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
    ['rsa as PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
    ['ecdsa as PEM', ['-t', 'ecdsa', '-m', 'PEM']],
    ['rsa as PKCS #8', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8']],
  ] as const) {
    const made = await makeSshKey(folder, name.replaceAll(/\W/g, '-'), args)
    open[name] = made.privateKey
    publicKey = made.publicKey
    locked[name] = (
      await makeSshKey(folder, `locked-${name.replaceAll(/\W/g, '-')}`, args, passphrase)
    ).privateKey
  }
})
const names = ['ed25519', 'rsa', 'rsa as PEM', 'ecdsa as PEM', 'rsa as PKCS #8']
const key = (name = 'ed25519') => open[name] ?? ''

/** Checks that no line of a key, and no part of one, is in the message. */
function expectSecrecy(faults: readonly string[], text: string): void {
  for (const word of text.split(/[\s-]+/).filter((one) => one.length > 20))
    expect(faults.join()).not.toContain(word)
}

describe('a key', () => {
  test.each(names)('is read unchanged: %s', (name) => {
    const { keys, linesWithoutSecret, faults } = readSshKeys(`github.com/acme/lib\n${key(name)}`)
    expect([faults, linesWithoutSecret]).toEqual([[], []])
    expect(keys).toEqual([expect.objectContaining({ host: 'github.com', path: 'acme/lib', key: key(name) })])
  })

  test.each([
    ['with Windows line endings', (text: string) => text.replaceAll('\n', '\r\n')],
    ['without its last line ending', (text: string) => text.trimEnd()],
    ['indented, and with blank lines between', (text: string) => text.replaceAll('\n', '\n\n   ')],
    ['with blanks at the ends of lines', (text: string) => text.replaceAll('\n', ' \n')],
    ['with a byte order mark', (text: string) => `\uFEFF${text}`],
  ])('is repaired if that is safe: %s', (_, corrupt) => {
    const { keys, faults } = readSshKeys(corrupt(`github.com/acme/lib\n${key()}`))
    expect([keys[0]?.key, faults]).toEqual([key(), []])
  })

  test.each(names)('with a passphrase is rejected: %s', (name) => {
    const { keys, faults } = readSshKeys(`# ours\ngithub.com/acme/lib\n${locked[name]}`)
    expect(keys).toEqual([])
    expect(faults).toEqual([expect.stringMatching(/^the key in line 3 has a passphrase.*ssh-keygen -p/)])
    expectSecrecy(faults, locked[name] ?? '')
  })

  test.each([
    ['a public key', () => `${publicKey} me@example`, /^line 2 holds a public key/],
    [
      'a public key as PEM',
      () => `-----BEGIN PUBLIC KEY-----\n${key().split('\n')[1]}\n-----END PUBLIC KEY-----`,
      /^line 2 holds a public key/,
    ],
    [
      'a certificate',
      () => '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
      /^line 2 holds a public key/,
    ],
    [
      'a PuTTY key',
      () => `PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n${key().split('\n')[1]}`,
      /PuTTY.*puttygen/,
    ],
    ['on one line', () => key().replaceAll('\n', ' '), /^line 2 holds a key that has lost its line breaks/],
    [
      'with escaped line endings',
      () => key().replaceAll('\n', '\\n'),
      /^line 2 holds a key that has lost its line/,
    ],
    ['in base64', () => Buffer.from(key()).toString('base64'), /^line 2 holds a key in base64/],
    [
      'a PGP key',
      () => '-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----',
      /something other/,
    ],
    ['without its end', () => key().split('\n').slice(0, -2).join('\n'), /^the key in line 2 has no end/],
    [
      'without its beginning',
      () => key().split('\n').slice(1).join('\n'),
      /^line 2 is neither a host with a path nor part of a key$/,
    ],
    [
      'with a missing line',
      () =>
        key()
          .split('\n')
          .filter((_, index) => index !== 2)
          .join('\n'),
      /^the key in line 2 cannot be read/,
    ],
    [
      'an RSA key with a missing line',
      () =>
        key('rsa as PEM')
          .split('\n')
          .filter((_, index) => index !== 2)
          .join('\n'),
      /^the key in line 2 cannot be read/,
    ],
    ['plain text', () => 'hunter2-is-my-secret-password', /^line 2 is neither/],
  ])('is rejected if it is %s, with one fault and without its text', (_, text, fault) => {
    const { keys, faults } = readSshKeys(`github.com/acme/lib\n${text()}\n`)
    expect(keys).toEqual([])
    expect(faults).toEqual([expect.stringMatching(fault)])
    expectSecrecy(faults, text())
  })

  test('of openssl starts with its curve', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = pair.privateKey.export({ type: 'sec1', format: 'pem' })
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
    const { keys, faults } = readSshKeys(`a.example\n${parameters}${pem}`)
    expect([keys[0]?.key, faults]).toEqual([pem, []])
  })
})

describe('keys', () => {
  test('belong to the address above each, and several addresses share a repeated key', () => {
    const text = [
      'github.com/acme/lib',
      key(),
      '',
      '# the other',
      'ssh://git@a.example:2222/x',
      '',
      key('rsa'),
      'b.example',
      key(),
    ]
    const { keys, linesWithoutSecret, faults } = readSshKeys(text.join('\n'))
    expect(keys.map(({ host, path: name, key: text }) => [host, name, text])).toEqual([
      ['github.com', 'acme/lib', key()],
      ['a.example', 'x', key('rsa')],
      ['b.example', '', key()],
    ])
    expect([linesWithoutSecret, faults]).toEqual([[], []])
  })

  test('with an empty secret are missing, and no other key replaces them', () => {
    const { keys, linesWithoutSecret, faults } = readSshKeys(
      `github.com/acme/a\n\ngithub.com/acme/b\n${key()}\ngithub.com/acme/c\n`,
    )
    expect(keys.map(({ path: name }) => name)).toEqual(['acme/b'])
    expect(linesWithoutSecret).toHaveLength(2)
    expect([linesWithoutSecret[0], faults]).toEqual([1, []])
  })

  test('are rejected without an address, or with a repeated one', () => {
    expect(readSshKeys(key()).faults).toEqual([
      expect.stringMatching(/^the key in line 1 has no address.*`github.com\/acme\/lib`/),
    ])
    const { faults } = readSshKeys(`a.example\n${key()}A.example\n${key()}`)
    expect(faults).toEqual([
      expect.stringMatching(/^line \d+ names an address that another key already has$/),
    ])
    expect(readSshKeys(`git@github.com:a/b\n${key()}`).faults).toEqual([
      expect.stringMatching(/^line 1 has an scp-style address/),
    ])
  })
})

test('are masked in every form: each line raw and percent-encoded, the whole as base64', () => {
  const secrets = sshSecrets([{ key: '-----BEGIN X-----\nabcdefg/\nabc\n-----END X-----\n' }])
  expect(secrets.slice(0, 2)).toEqual(['abcdefg/', 'abcdefg%2F'])
  expect(secrets.slice(2).map((one) => Buffer.from(one, 'base64').toString())).toEqual([
    '-----BEGIN X-----\nabcdefg/\nabc\n-----END X-----\n',
    '-----BEGIN X-----\nabcdefg/\nabc\n-----END X-----',
    '-----BEGIN X-----\r\nabcdefg/\r\nabc\r\n-----END X-----\r\n',
  ])
})
