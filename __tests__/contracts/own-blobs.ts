import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBlobStore } from '../../testbed/cache-service/blob-store.ts'
import { answerBlobRequest, blobAddress } from '../../testbed/cache-service/blobs.ts'
import { createLink, pace } from '../../testbed/cache-service/shaping.ts'
import { sign } from '../../testbed/cache-service/signature.ts'
import { type BlobServer, inAnHour } from './blob-server.ts'

/** The blob half of the fixture cache service, without the rest of it. */
export async function startOwnBlobs(): Promise<BlobServer> {
  const directory = mkdtempSync(join(tmpdir(), 'own-blobs-'))
  const secret = 'a secret'
  const stage = pace(createLink(Number.POSITIVE_INFINITY), () => undefined)
  const place = { store: createBlobStore(directory), secret, stages: { upload: stage, download: [stage] } }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const address = blobAddress(request.headers.host ?? '', url)
    answerBlobRequest(request, response, address, place).catch((error: Error) => response.destroy(error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url(blob, permission, expires = inAnHour()) {
      const path = `/account/container/${blob}`
      return new URL(`${path}?${sign(secret, path, permission, expires)}`, origin)
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
