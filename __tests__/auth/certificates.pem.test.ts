import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readCertificates } from '../../src/auth/certificates.ts'
import { downloadEnvironment } from '../../testbed/environment.ts'
import { makeCertificate } from '../golden/self-signed.ts'
import { temporaryFolder } from '../temporary.ts'

test('reads certificates one by one, and skips text between them', async () => {
  const { file } = await makeCertificate(temporaryFolder())
  const pem = readFileSync(file, 'utf8').trim()
  expect(readCertificates(`our own\r\n${pem.replaceAll('\n', '\r\n')}\n# and\n${pem}\n`)).toEqual({
    certificates: [pem.replaceAll('\n', '\r\n'), pem],
  })
})

test.each([
  ['', 'it contains no certificate'],
  ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'certificate 1 in it cannot be read'],
  ['-----BEGIN CERTIFICATE-----\nAAAA', 'it contains no certificate'],
  [
    '-----BEGIN EC PRIVATE KEY-----\nsecret\n-----END EC PRIVATE KEY-----',
    'it contains a private key, which must stay on the server',
  ],
])('finds no certificate in %j', (text, fault) => {
  expect(readCertificates(text)).toEqual({ fault })
})

test.runIf(process.platform === 'linux')('reads the certificates that the system trusts', () => {
  const bundle = downloadEnvironment().SSL_CERT_FILE ?? '/etc/ssl/certs/ca-certificates.crt'
  const read = readCertificates(readFileSync(bundle, 'utf8'))
  const count = Number(execFileSync('grep', ['-c', 'BEGIN CERTIFICATE', bundle], { encoding: 'utf8' }))
  expect('certificates' in read && read.certificates.length).toBe(count)
})
