import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { isTransient } from '../../src/gocmd/explain/patterns.ts'
import { retryAfterOf } from '../../src/gocmd/go-command.ts'

test.each([
  ['go: a@v1.0.0: reading http://proxy/a/@v/v1.0.0.zip: 503 Service Unavailable', true],
  ['go: a@v1.0.0: reading http://proxy/a/@v/v1.0.0.zip: 429 Too Many Requests', true],
  ['go: a@v1.0.0: Get "http://proxy/a": dial tcp 127.0.0.1:1: connect: connection refused', true],
  ['go: a@v1.0.0: Get "https://proxy/a": read tcp: connection reset by peer', true],
  ['go: a@v1.0.0: Get "https://proxy/a": net/http: TLS handshake timeout', true],
  ['go: a@v1.0.0: Get "https://proxy/a": dial tcp: i/o timeout', true],
  ['go: a@v1.0.0: Get "https://proxy/a": EOF', true],
  [
    'go: a@v1.0.0: Get "https://proxy/a": stream error: stream ID 7; INTERNAL_ERROR; received from peer',
    true,
  ],
  ['read tcp: wsarecv: An existing connection was forcibly closed by the remote host.', true],
  ['connectex: No connection could be made because the target machine actively refused it.', true],
  ['ssh: connect to host git.example.com port 22: Connection refused', true],
  ['kex_exchange_identification: Connection closed by remote host', true],
  ['git@git.example.com: Permission denied (publickey).', false],
  ['No ED25519 host key is known for a.example and you have requested strict checking.', false],
  ['fatal: unable to access: The requested URL returned error: 502', true],
  ['go: a@v1.0.0: reading http://proxy/a/@v/v1.0.0.zip: 404 Not Found', false],
  ['go: a@v1.0.0: reading http://proxy/a/@v/v1.0.0.zip: 401 Unauthorized', false],
  ['go: a@v1.0.0: reading http://proxy/a/@v/v1.0.0.zip: 403 Forbidden', false],
  ['go: a@v1.0.0: reading http://proxy/a/@v/v1.0.0.zip: 410 Gone', false],
  ['fatal: unable to access: The requested URL returned error: 403', false],
  ['fatal: unable to access: The requested URL returned error: 410', false],
  ["fatal: Authentication failed for 'https://git.example.com/'", false],
  ['fatal: could not read Username: terminal prompts disabled', false],
  ['a@v1: reading https://p/a: 503 Service Unavailable\nb@v1: reading https://p/b: 403 Forbidden', false],
  ['verifying a@v1.0.0: checksum mismatch ... SECURITY ERROR ... timed out', false],
  ['go: updates to go.mod needed', false],
  ['', false],
])('%s', (output, again) => {
  expect(isTransient(output)).toBe(again)
})

test('requests Retry-After only from the address that Go names, never from one that a server names', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(429, { 'retry-after': '9' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  expect(await retryAfterOf(`go: a@v1.0.0: reading ${at}/a/@v/v1.0.0.zip: 429 Too Many Requests\r\n`)).toBe(9)
  const others = [
    `go: a@v1.0.0: reading ${at}/a: 500 Internal Server Error`,
    `go: a@v1.0.0: reading ${at}/a: 404 Not Found`,
    `go: a: reading https://p.invalid/a: 500 Oh\n\tserver response:\n\treading ${at}/b: 429 Too Many Requests`,
    `fatal: unable to access '${at}/': The requested URL returned error: 429`,
  ]
  for (const output of others) expect(await retryAfterOf(output)).toBeUndefined()
  expect(asked).toEqual(['/a/@v/v1.0.0.zip'])
})
