import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { git } from './git-repository.ts'
import { makeSshKey } from './ssh-key.ts'

/** How a server of repositories over ssh is set up. */
export interface SshServerOptions {
  /** Folders of repositories, by the path that they are served under, such as `acme/one`. */
  readonly repositories: Readonly<Record<string, string>>
  /** Public keys, as the line of their file, and the repositories that each opens. */
  readonly keys: readonly { readonly publicKey: string; readonly opens: readonly string[] }[]
}

/** A running server. */
export interface SshServer {
  readonly port: number
  /** As `ssh://git@127.0.0.1:port`; without made-up accounts the user is another one. */
  readonly url: string
  /** Its line of a known_hosts file. */
  readonly knownHosts: string
  /** What was asked for with which key, in order: `0 opened acme/one`, `1 refused git-upload-pack '/acme/one'`. */
  readonly sessions: () => readonly string[]
  readonly stop: () => Promise<void>
}

const brought = path.resolve(import.meta.dirname, '..', '.tools', 'ssh')
const isRoot = process.getuid?.() === 0
/** As root sshd wants an account and a folder of its own; so it runs as somebody who owns nothing (Debian: nobody). */
const user = isRoot ? { uid: 65534, gid: 65534 } : undefined

/** The program, if there is one: what set-up brought, or the machine's own. */
function sshd(): string | undefined {
  const folders = [path.join(brought, 'programs'), ...(process.env.PATH ?? '').split(':'), '/usr/sbin']
  return folders.map((folder) => path.join(folder, 'sshd')).find((file) => existsSync(file))
}

/** The library by which an account can be made up (libnss_wrapper), if there is one. */
function madeUpAccounts(): string | undefined {
  return [brought, '/usr']
    .flatMap((folder) => (existsSync(path.join(folder, 'lib')) ? [path.join(folder, 'lib')] : []))
    .flatMap((folder) => [folder, ...readdirSync(folder).map((name) => path.join(folder, name))])
    .map((folder) => path.join(folder, 'libnss_wrapper.so'))
    .find((file) => existsSync(file))
}

/** Why no server can be started here; undefined when one can. */
export function noSshServer(): string | undefined {
  if (process.platform !== 'linux') return 'sshd was tried on Linux alone'
  if (sshd() === undefined) return 'there is no sshd, and set-up could bring none'
  return isRoot && madeUpAccounts() === undefined ? 'sshd as root needs libnss_wrapper here' : undefined
}

/**
 * Serves repositories by git over ssh on 127.0.0.1. As on GitHub a key that belongs to any of them opens the connection,
 * and only then it turns out whether it may read what is asked for.
 *
 * @throws Error when sshd does not start
 */
export async function startSshServer({ repositories, keys }: SshServerOptions): Promise<SshServer> {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-sshd-'))
  chmodSync(folder, 0o755)
  for (const [name, from] of Object.entries(repositories)) {
    mkdirSync(path.dirname(path.join(folder, 'served', name)), { recursive: true })
    await git(folder, 'clone', '--quiet', '--bare', from, path.join(folder, 'served', name))
  }
  const log = path.join(folder, 'sessions')
  writeFileSync(log, '')
  writeFileSync(path.join(folder, 'serve'), serveScript(folder, log))
  const authorized = keys.map(
    ({ publicKey, opens }, index) =>
      `restrict,command="sh ${folder}/serve ${index} ${opens.join(' ')}" ${publicKey}\n`,
  )
  writeFileSync(path.join(folder, 'authorized_keys'), authorized.join(''))
  const host = await makeSshKey(folder, 'host')
  const program = placeProgram(folder)
  if (user !== undefined) giveAway(folder)
  const { port, child } = await started(folder, program)
  return {
    port,
    url: `ssh://${madeUpAccounts() === undefined ? userInfo().username : 'git'}@127.0.0.1:${port}`,
    knownHosts: `[127.0.0.1]:${port} ${host.publicKey}`,
    sessions: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What runs for each session, whatever it asks for (sshd(8), "AUTHORIZED_KEYS FILE FORMAT", command). */
function serveScript(folder: string, log: string): string {
  return [
    'key=$1; shift',
    'for one; do',
    '  case "$SSH_ORIGINAL_COMMAND" in',
    `    "git-upload-pack '/$one'"|"git-upload-pack '/$one.git'"|"git-upload-pack '$one'"|"git-upload-pack '$one.git'")`,
    `      echo "$key opened $one" >> '${log}'`,
    `      PATH='${process.env.PATH}' exec git upload-pack "${folder}/served/$one";;`,
    '  esac',
    'done',
    `echo "$key refused $SSH_ORIGINAL_COMMAND" >> '${log}'`,
    // In GitHub's words.
    'echo "ERROR: Repository not found." >&2',
    'exit 1',
    '',
  ].join('\n')
}

/** Puts the program where another user can start it. */
function placeProgram(folder: string): string {
  const program = sshd() ?? ''
  if (!program.startsWith(brought)) return program
  for (const name of ['programs', 'lib']) {
    cpSync(path.join(brought, name), path.join(folder, name), { recursive: true, verbatimSymlinks: true })
  }
  return path.join(folder, 'programs', 'sshd')
}

async function started(folder: string, program: string): Promise<{ port: number; child: ChildProcess }> {
  // Between the look for a free port and its use somebody else may take it.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const config = path.join(folder, `config-${port}`)
    writeFileSync(config, configuration(folder, port, program))
    const child = spawn(program, ['-D', '-e', '-f', config], {
      env: { PATH: process.env.PATH, ...accounts(folder) },
      ...user,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk
    })
    while (child.exitCode === null && !(await answers(port))) await sleep(20)
    if (child.exitCode === null) return { port, child }
    if (attempt === 3) throw new Error(`sshd does not start: ${said}`)
  }
}

function configuration(folder: string, port: number, program: string): string {
  // Programs that newer versions start for each connection, beside sshd.
  const more = [
    ['SshdSessionPath', 'sshd-session'],
    ['SshdAuthPath', 'sshd-auth'],
  ].flatMap(([setting, name = '']) => {
    const file = path.join(path.dirname(program), name)
    return existsSync(file) ? [`${setting} ${file}`] : []
  })
  return [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'AcceptEnv GIT_PROTOCOL',
    ...more,
    '',
  ].join('\n')
}

/** An account `git` that stands for whoever runs the server; without the library the user's own name has to do. */
function accounts(folder: string): Readonly<Record<string, string>> {
  const library = madeUpAccounts()
  if (library === undefined) return {}
  const { uid, gid } = user ?? userInfo()
  const [passwd, group] = ['passwd', 'group'].map((name) => path.join(folder, name)) as [string, string]
  writeFileSync(passwd, `git:x:${uid}:${gid}::${folder}:/bin/sh\n`)
  writeFileSync(group, `git:x:${gid}:\n`)
  return {
    LD_LIBRARY_PATH: path.join(folder, 'lib'),
    LD_PRELOAD: library.startsWith(brought) ? path.join(folder, 'lib', path.basename(library)) : library,
    NSS_WRAPPER_PASSWD: passwd,
    NSS_WRAPPER_GROUP: group,
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function giveAway(target: string): void {
  const { uid, gid } = user ?? userInfo()
  for (const name of ['.', ...readdirSync(target, { recursive: true, encoding: 'utf8' })]) {
    const file = path.join(target, name)
    // Its library has a link to another name of itself.
    if (existsSync(file)) chownSync(file, uid, gid)
  }
}
