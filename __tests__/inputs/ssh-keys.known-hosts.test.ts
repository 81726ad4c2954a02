import { expect, test } from 'vitest'
import { readKnownHosts } from '../../src/inputs/ssh-keys.ts'
import { makeSshKey } from '../../testbed/ssh-key.ts'
import { temporaryFolder } from '../temporary.ts'

test('reads the lines of a known_hosts file, with any line endings', async () => {
  const { publicKey } = await makeSshKey(temporaryFolder(), 'host')
  const lines = [
    `github.com ${publicKey}`,
    `[git.example.com]:2222,10.0.0.1 ${publicKey} a remark`,
    `|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ${publicKey}`,
    `@cert-authority *.example.com ${publicKey}`,
    `@revoked * ${publicKey}`,
  ]
  const text = ['# github.com:22 SSH-2.0-x', lines[0], '', `  ${lines[1]}  `, ...lines.slice(2)].join('\r\n')
  expect(readKnownHosts(text)).toEqual({ lines, faults: [] })
})

test('reports an invalid line by number, without its text', async () => {
  const { publicKey, privateKey } = await makeSshKey(temporaryFolder(), 'host')
  const [type = '', data = ''] = publicKey.split(' ')
  const faults: readonly (readonly [text: string, fault: RegExp])[] = [
    ['secret', /^line 1 needs a host, a key type and a key$/],
    [
      'github.com SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
      /^line 1 holds a fingerprint.*ssh-keyscan/,
    ],
    [publicKey, /^line 1 has no host before the key$/],
    [`github.com ${data}`, /^line 1 needs a host/],
    [`github.com ssh-rsa ${data}`, /^line 1 has a key that does not match its type/],
    [`github.com ${type} ${data.slice(0, 12)}`, /^line 1 has a key that does not match its type/],
    [`@trusted github.com ${publicKey}`, /^line 1 begins with an unknown marker$/],
    [privateKey, /^line 1 holds a private key, which belongs in `ssh-private-key`$/],
  ]
  for (const [text, fault] of faults) {
    const read = readKnownHosts(text)
    expect(read.faults, text).toEqual([expect.stringMatching(fault)])
    expect(read.faults.join()).not.toMatch(/secret|AAAA/)
  }
})
