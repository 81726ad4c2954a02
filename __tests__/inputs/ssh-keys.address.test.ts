import { describe, expect, test } from 'vitest'
import { readSshAddress } from '../../src/inputs/ssh-keys.ts'

const github = { user: 'git', host: 'github.com', port: '' }

describe('an address', () => {
  test.each([
    ['github.com', { host: 'github.com', path: '', server: { ...github, path: '' } }],
    ['GitHub.com/acme/', { host: 'github.com', path: 'acme', server: { ...github, path: 'acme' } }],
    [
      'https://github.com/acme/lib.git',
      { host: 'github.com', path: 'acme/lib', server: { ...github, path: 'acme/lib' } },
    ],
    [
      'ssh://me@git.example.com:2222/team',
      {
        host: 'git.example.com',
        path: 'team',
        server: { user: 'me', host: 'git.example.com', port: '2222', path: 'team' },
      },
    ],
    [
      'github.com/acme ssh://ssh.github.com:443',
      {
        host: 'github.com',
        path: 'acme',
        server: { user: 'git', host: 'ssh.github.com', port: '443', path: 'acme' },
      },
    ],
    [
      'go.example.com:8443/lib\tssh://git@localhost:22/srv/~git/lib.git',
      {
        host: 'go.example.com:8443',
        path: 'lib',
        server: { user: 'git', host: 'localhost', port: '', path: 'srv/~git/lib' },
      },
    ],
  ])('%s', (text, expected) => {
    expect(readSshAddress(text)).toEqual(expected)
  })

  test.each([
    ['secret', 'is neither a host with a path nor part of a key'],
    ['AAAAB3Nz/aC1yc2E+secret==', 'is neither a host with a path nor part of a key'],
    ['github.com/acme/*', 'is neither a host with a path nor part of a key'],
    ["github.com/'secret'", 'is neither a host with a path nor part of a key'],
    ['-oProxyCommand=secret', 'is neither a host with a path nor part of a key'],
    ['git@github.com:acme/secret.git', 'has an scp-style address with `@` and `:`'],
    ['git.example.com:2222/secret', 'has a port: write `ssh://user@host:port/path`'],
    ['github.com/acme secret', 'has a second word that does not begin with ssh://'],
    ['github.com/acme ssh://-secret@github.com', 'has an invalid user in its ssh address'],
    ['github.com/acme ssh://git@secret', 'has an invalid ssh address'],
    ['github.com/acme ssh://git@github.com:99999', 'has an invalid port in its ssh address'],
    ['ssh://git@github.com github.com/secret', 'has a second word after its ssh address'],
    ['a.example b.example secret', 'has 3 words'],
  ])('rejects %j, and its text never appears', (text, fault) => {
    const read = readSshAddress(text)
    expect(read).toEqual(expect.stringContaining(fault))
    expect(read).not.toContain('secret')
  })
})
