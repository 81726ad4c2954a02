import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'

/** Where Linux has what macOS has in /usr/bin. Programs elsewhere on PATH are the tests' own. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
/** What Linux has and macOS has not, or has in another form. */
const withheld = new Set(['flock', 'tar', 'gtar', 'bsdtar', 'git'])

/** The programs that a job finds in an emulated macOS. */
export interface SystemPrograms {
  readonly PATH: string
  /** Returns what git asked of the keychain: an action and the address for each time. */
  readonly askedOfKeychain: () => readonly string[]
}

/**
 * Makes a folder of programs as macOS has them, and a PATH with it in place of the system's folders: `tar` is BSD's,
 * there is no `flock`, and git's system-wide configuration names the keychain, as in Apple's git.
 *
 * @param folder absolute path of a new folder that every user may read
 * @param PATH the present one
 * @throws Error when a program is missing
 */
export function makeSystemPrograms(folder: string, PATH: string): SystemPrograms {
  const parts = PATH.split(path.delimiter).filter((part) => part !== '')
  const system = parts.filter((part) => systemFolders.includes(path.normalize(part)))
  const bin = path.join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  for (const one of system.filter((part) => existsSync(part))) {
    for (const name of readdirSync(one)) {
      const link = path.join(bin, name)
      if (!withheld.has(name) && !existsSync(link)) linkOnce(path.join(one, name), link)
    }
  }
  symlinkSync(programOn(parts, 'bsdtar'), path.join(bin, 'tar'))
  const log = writeKeychain(bin)
  writeGit(folder, programOn(parts, 'git'), bin)
  const others = parts.filter((part) => !system.includes(part))
  return {
    PATH: [...others, bin].join(path.delimiter),
    askedOfKeychain: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
  }
}

function linkOnce(program: string, link: string): void {
  try {
    symlinkSync(program, link)
  } catch (error) {
    // A link that leads nowhere, in two folders.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function programOn(folders: readonly string[], name: string): string {
  const program = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file))
  if (program === undefined) throw new Error(`${name} is not on PATH`)
  return program
}

/** Makes a credential helper that knows nothing and records each question. Any user may ask it. */
function writeKeychain(bin: string): string {
  const log = path.join(path.dirname(bin), 'keychain.log')
  appendFileSync(log, '')
  chmodSync(log, 0o666)
  const script = [
    '#!/bin/sh',
    // git-credential(1): `name=value` lines. What is secret is left out.
    `printf '%s %s\\n' "$1" "$(grep -E '^(protocol|host|path|username)=' | tr '\\n' ' ')" >>'${log}'`,
    '',
  ].join('\n')
  writeFileSync(path.join(bin, 'git-credential-osxkeychain'), script, { mode: 0o755 })
  return log
}

/** A variable would not be the same: users see it, and the action may change it. */
function writeGit(folder: string, git: string, bin: string): void {
  const configuration = path.join(folder, 'gitconfig')
  writeFileSync(configuration, '[credential]\n\thelper = osxkeychain\n')
  const script = `#!/bin/sh\nGIT_CONFIG_SYSTEM='${configuration}' exec '${git}' "$@"\n`
  writeFileSync(path.join(bin, 'git'), script, { mode: 0o755 })
}
