import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { bareEnvironment, goTool } from './go-tool-server.ts'

/** A running checksum database. */
export interface ChecksumDatabase {
  readonly name: string
  /** `http://127.0.0.1:port`; below `/sumdb/<name>` it is what a module proxy hands on. */
  readonly url: string
  /** `name+hash+key`, the value for GOSUMDB when a module proxy hands the database on. */
  readonly key: string
  /** The value for GOSUMDB when the go command asks the database itself. */
  readonly gosumdb: string
  /** Paths that were asked for, with the status they were answered with. */
  readonly requests: readonly { readonly status: number; readonly path: string }[]
  readonly stop: () => Promise<void>
}

/**
 * Starts Go's own checksum database server (golang.org/x/mod/sumdb) on 127.0.0.1: testbed/checksum-database/main.go.
 *
 * @param folder what it takes for the truth: modules, as below `cache/download`
 */
export async function startChecksumDatabase(
  folder: string,
  name = 'sums.example.com',
): Promise<ChecksumDatabase> {
  const child = spawn(goTool('checksum-database'), ['-name', name, '-folder', folder], {
    env: bareEnvironment(folder),
    stdio: ['ignore', 'pipe', 'inherit'],
    windowsHide: true,
  })
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([once(lines, 'line'), ended])
  const [url = '', key = ''] = String(first[0]).split(' ')
  if (!url.startsWith('http:')) throw new Error('the checksum database does not start')
  const requests: { status: number; path: string }[] = []
  lines.on('line', (line: string) => {
    const [status, path = ''] = line.split(' ')
    requests.push({ status: Number(status), path })
  })
  const stop = async (): Promise<void> => {
    child.kill()
    await ended
  }
  return { name, url, key, gosumdb: `${key} ${url}`, requests, stop }
}
