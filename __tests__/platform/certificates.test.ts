import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { expect, test } from 'vitest'
import { certificateFiles, joinStores } from '../../src/platform/certificates.ts'

const [first = '', second = '', third = ''] = rootCertificates
const when = Math.max(...[first, second, third].map((pem) => Date.parse(new X509Certificate(pem).validFrom)))

test('Windows has no file with certificates: /etc would be a folder that any user may create', () => {
  expect(certificateFiles('win32')).toEqual([])
  expect(certificateFiles('linux')).toContain('/etc/ssl/certs/ca-certificates.crt')
  expect(certificateFiles('darwin')).toContain('/etc/ssl/cert.pem')
})

test('stores are joined in their order, each certificate once', () => {
  const crlf = first.replaceAll('\n', '\r\n')
  expect(joinStores([[second], [crlf, `${second}\n`, first]], when, 10_000_000)).toBe(`${second}\n${crlf}`)
})

test('expired and unreadable certificates are dropped', () => {
  const expiry = Date.parse(new X509Certificate(first).validTo)
  const stores = [['not a certificate', first]]
  expect(joinStores(stores, expiry - 1000, 10_000_000)).toBe(first)
  expect(joinStores(stores, expiry + 1000, 10_000_000)).toBe('')
})

test('what exceeds the maximum length is dropped, the first store last', () => {
  const room = first.length + second.length + 2
  expect(joinStores([[first], [second, third]], when, room)).toBe(`${first}\n${second}`)
  expect(joinStores([[first], [second]], when, room - 1)).toBe(first)
})
