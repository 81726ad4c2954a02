import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Key and certificate of a server, as absolute paths of PEM files. */
export interface TlsFiles {
  readonly keyFile: string
  /** The certificate's. */
  readonly file: string
}

/** A server that is a process of its own. */
export interface ServerProcess {
  /** As `127.0.0.1:port`. */
  readonly host: string
  /** Everything that it has printed. */
  readonly log: () => string
  /** Ends the process by its id, and waits for that. */
  readonly stop: () => Promise<void>
}

const bin = path.resolve(import.meta.dirname, '..', '.tools', 'bin')
const patience = 60_000

/**
 * The path of a program that scripts/setup/go-tools.mjs builds.
 * @throws {Error} when it is not there
 */
export function goTool(name: string): string {
  const program = path.join(bin, process.platform === 'win32' ? `${name}.exe` : name)
  if (!existsSync(program)) throw new Error(`${program} is missing: \`npm test\` builds it`)
  return program
}

/**
 * Starts such a program as a server on a free port of 127.0.0.1, and waits until it takes connections.
 *
 * @param name the program
 * @param settings its arguments and its whole environment, by the address that it shall listen at
 * @throws {Error} with what it printed, when it ends or does not listen in time
 */
export async function startGoTool(
  name: string,
  settings: (host: string) => {
    readonly args: readonly string[]
    readonly env: Readonly<Record<string, string>>
  },
): Promise<ServerProcess> {
  // These programs do not tell which port they got. Somebody else may take a free one first.
  for (let attempt = 1; ; attempt++) {
    const host = `127.0.0.1:${await freePort()}`
    const started = await start(name, settings(host), host)
    if (typeof started !== 'string') return started
    if (attempt === 3 || !/address already in use|Only one usage/.test(started)) {
      throw new Error(`${name} does not listen at ${host}:\n${started}`)
    }
  }
}

/** @returns what it printed when it does not work */
async function start(
  name: string,
  { args, env }: { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> },
  host: string,
): Promise<ServerProcess | string> {
  const child = spawn(goTool(name), args, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = once(child, 'close')
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const stop = async (): Promise<void> => {
    if (!hasEnded()) child.kill('SIGTERM')
    const killed = setTimeout(() => child.kill('SIGKILL'), 3000)
    await ended
    clearTimeout(killed)
  }
  const end = Date.now() + patience
  while (!hasEnded() && Date.now() < end) {
    if (await takesConnections(host)) return { host, log: () => output, stop }
    await sleep(20)
  }
  await stop()
  return output
}

async function takesConnections(host: string): Promise<boolean> {
  const [address = '', port] = host.split(':')
  return new Promise((resolve) => {
    const socket = connect(Number(port), address)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** What a program needs of this process to run, and a go command that it starts. */
export function bareEnvironment(home: string): Record<string, string> {
  const names = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'PATHEXT', 'ComSpec']
  const entries = names.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const homes = { HOME: home, USERPROFILE: home, LocalAppData: home }
  return { ...Object.fromEntries(entries), ...homes, TMPDIR: home, GOENV: 'off', GOTOOLCHAIN: 'local' }
}
