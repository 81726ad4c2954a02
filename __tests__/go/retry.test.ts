import { expect, test } from 'vitest'
import { mayPass } from '../../src/go/retry.ts'

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
  ['verifying a@v1.0.0: checksum mismatch ... SECURITY ERROR ... timed out', false],
  ['go: updates to go.mod needed', false],
  ['', false],
])('%s', (output, again) => {
  expect(mayPass(output)).toBe(again)
})
