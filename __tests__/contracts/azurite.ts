import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type BlobServer, inAnHour } from './blob-server.ts'

const program = join(import.meta.dirname, 'azurite/node_modules/azurite/dist/src/blob/main.js')
const account = 'devstoreaccount1'
// Not a secret: the key that every Azurite has, from its README.
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/**
 * Starts Azurite on an ephemeral port, in memory, and creates a container.
 *
 * @throws if it is not installed (npm ci --prefix __tests__/contracts/azurite) or does not start
 */
export async function startAzurite(): Promise<BlobServer> {
  const directory = mkdtempSync(join(tmpdir(), 'azurite-'))
  const options = [
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    '0',
    '--inMemoryPersistence',
    '--disableTelemetry',
  ]
  const child = spawn(process.execPath, [program, ...options, '--silent'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill()
    await ended
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    const origin = await listening(createInterface(child.stdout))
    const container = `${origin}/${account}/container`
    const created = await fetch(`${container}?restype=container&${sas('cw', inAnHour())}`, { method: 'PUT' })
    if (created.status !== 201) throw new Error(`Azurite did not make a container: ${await created.text()}`)
    return {
      url: (blob, permission, expires = inAnHour()) =>
        new URL(`${container}/${blob}?${sas(permission, expires)}`),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function listening(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const origin = /listens on (http:\S+)/.exec(line)?.[1]
    if (origin !== undefined) return origin
  }
  throw new Error('Azurite ended before it listened')
}

/** Source: "Create an account SAS" of Azure's storage documentation, for version 2020-12-06 and later. */
function sas(permission: string, expires: Date): URLSearchParams {
  const [sp, ss, srt, se, sv] = [permission, 'b', 'co', expires.toISOString(), '2026-02-06']
  const signed = [account, sp, ss, srt, '', se, '', '', sv, '', ''].join('\n')
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest('base64')
  return new URLSearchParams({ sv, ss, srt, sp, se, sig })
}
