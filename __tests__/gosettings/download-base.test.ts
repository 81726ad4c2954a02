import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultDownloadBase, readDownloadBase, toolCacheName } from '../../src/gosettings/download-base.ts'

describe('a base address of downloads', () => {
  test.each([
    ['', ''],
    [' \n', ''],
    ['https://mirror.example.com/go', 'https://mirror.example.com/go'],
    [' https://mirror.example.com/go//\n', 'https://mirror.example.com/go'],
    ['HTTPS://mirror.example.com', 'https://mirror.example.com'],
    ['https://mirror.example.com/', 'https://mirror.example.com'],
    ['http://127.0.0.1:8080/dl', 'http://127.0.0.1:8080/dl'],
    ['https://[::1]:8080/a%20b', 'https://[::1]:8080/a%20b'],
    ['https://user:p%3Fss@mirror.example.com/go', 'https://user:p%3Fss@mirror.example.com/go'],
    [`${defaultDownloadBase}/`, defaultDownloadBase],
  ])('accepts %j as %j', (text, value) => {
    expect(readDownloadBase(text)).toEqual({ value })
  })

  test.each([
    ['mirror.example.com/go', /^it is not an https or http address: write it as in/],
    ['file:///srv/go', /^it is not an https or http address/],
    ['ftp://mirror.example.com', /^it is not an https or http address/],
    ['https:/mirror.example.com', /^it is not an https or http address/],
    ['/srv/go', /^it is not an https or http address/],
    ['https://', /^it has no host/],
    ['https:///go', /^it has no host/],
    ['https://999.999.999.999/go', /^it has no valid host/],
    ['https://mirror.example.com:port', /^it has a colon after its host/],
    ['https://mirror.example.com:99999', /^it has a colon after its host/],
    ['https://mirror.example.com/go?mode=json', /^it has a query or fragment/],
    ['https://mirror.example.com/go#top', /^it has a query or fragment/],
    ['https://mirror.example.com/a b', /^it holds a blank: write one address/],
    ['https://one.example.com\nhttps://two.example.com', /^it holds a blank: write one address/],
    ['https://mirror.example.com/100%', /^it holds a % /],
    ['https://mirror.example.com/\u0000', /^it holds a control character/],
    ['https://mirror.example.com\\go', /^it has no valid host/],
    ['https://us/er:hidden@mirror.example.com', /^it holds a character before its last `@`/],
    ['https://user:hid den@mirror.example.com', /^it holds a blank/],
    [
      'http://user:hidden@mirror.example.com',
      /^it sends a user name or password unencrypted over http.*use https$/,
    ],
    ['HTTP://hidden@mirror.example.com', /^it sends a user name or password unencrypted over http/],
    ['https://hidden@mirror.example.com', /^it has a user name without password/],
  ])('rejects %j without revealing a secret', (text, fault) => {
    const read = readDownloadBase(text)
    expect(read).toEqual({ fault: expect.stringMatching(fault) })
    expect(JSON.stringify(read)).not.toContain('hidden')
  })

  test('accepts a base that any file name extends to an address, and is stable when applied twice', async () => {
    const part = fc.stringMatching(/^[a-z0-9.:@/?#% _~[\]-]{0,20}$/)
    await fc.assert(
      fc.property(fc.constantFrom('http://', 'https://', ''), part, (scheme, rest) => {
        const read = readDownloadBase(scheme + rest)
        if ('fault' in read || read.value === '') return
        expect(readDownloadBase(read.value)).toEqual(read)
        expect(new URL(`${read.value}/go1.24.3.linux-amd64.tar.gz`).pathname).toMatch(/\/go1\.24\.3\./)
        expect(new URL(read.value)).toMatchObject({ search: '', hash: '' })
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the name in the tool cache', () => {
  test('is that of the runner images for the default address', () => {
    expect(toolCacheName('https://go.dev/dl')).toBe('go')
  })

  test('is that of actions/setup-go for another address', () => {
    const address = 'https://mirror.example.com/go'
    const hex = createHash('sha256').update(address).digest('hex')
    expect(toolCacheName(address)).toBe(`go-${hex.slice(0, 8)}`)
    expect(toolCacheName('https://mirror.example.com')).not.toBe(toolCacheName(address))
  })

  test('does not depend on the password', () => {
    const names = ['', 'me:one@', 'me:two@', 'me:p@ss@'].map((user) =>
      toolCacheName(`https://${user}mirror.example.com/go`),
    )
    expect(new Set(names).size).toBe(1)
  })
})
