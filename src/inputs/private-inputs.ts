import { type ReadCredentials, readCredentials } from './credentials.ts'
import { anyText, type Declaration, fixFlag, flag, type Kind } from './kinds.ts'
import { type ReadKnownHosts, type ReadSshKeys, readKnownHosts, readSshKeys } from './ssh-keys.ts'

const credentialLines: Kind<ReadCredentials> = {
  allowed: 'lines such as `host token`, `host/path token`, `host user password` or `host bearer:token`',
  parse: (text) => {
    const read = readCredentials(text)
    return read.faults.length === 0 ? read : undefined
  },
  fault: (text) => readCredentials(text).faults.join(', '),
  keepsBlanks: true,
  shown: () => '(not shown)',
}

const sshKeys: Kind<ReadSshKeys> = {
  allowed:
    'private keys without a passphrase, each below a line such as `github.com/acme/lib` or `ssh://git@git.example.com:2222/team`',
  parse: (text) => {
    const read = readSshKeys(text)
    return read.faults.length === 0 ? read : undefined
  },
  fault: (text) => readSshKeys(text).faults.join(', '),
  keepsBlanks: true,
  shown: () => '(not shown)',
}

const knownHosts: Kind<ReadKnownHosts> = {
  allowed: 'lines of a known_hosts file, such as `git.example.com ssh-ed25519 AAAA…`',
  parse: (text) => {
    const read = readKnownHosts(text)
    return read.faults.length === 0 ? read : undefined
  },
  fault: (text) => readKnownHosts(text).faults.join(', '),
  keepsBlanks: true,
  // The value may be a secret that belongs to another input.
  shown: () => '(not shown)',
}

/** The inputs for access to private modules. */
export const privateInputs = {
  credentials: {
    kind: credentialLines,
    fallback: '',
    help: 'Credentials for private modules and module proxies over https, one host per line: `github.com token`, `git.example.com/team token` for everything below a path, or `proxy.example.com:8443 user password`. Git and the go command use them; only the go command uses `proxy.example.com bearer:token`.',
    fix: 'Write a host, a blank and a token in each line; a secret cannot contain blanks.',
  },
  'ssh-private-key': {
    kind: sshKeys,
    fallback: '',
    help: 'Private keys for git over ssh. Above each key, write a line with its address: `github.com/acme/lib` for a repository, `github.com/acme` for an owner, `ssh://git@git.example.com:2222/team` for another port. Go fetches modules below that address by ssh instead of https.',
    fix: 'Write the address in one line, and the unchanged key in the lines below.',
  },
  'ssh-known-hosts': {
    kind: knownHosts,
    fallback: '',
    help: 'Host keys of the servers of `ssh-private-key`, as `ssh-keyscan` prints them, in addition to those that the machine knows. Connections to other servers fail.',
    fix: 'Write a host, its key type and its key in each line, as `ssh-keyscan HOST` prints them.',
  },
  'credentials-required': {
    kind: flag,
    fallback: 'false',
    help: 'Fail the step if `credentials` and `ssh-private-key` contain no secret. Runs for forks have none; by default they continue with a notice.',
    fix: fixFlag,
  },
  'export-credentials': {
    kind: flag,
    fallback: 'false',
    help: 'Let later steps of the job use `credentials` and `ssh-private-key`. They get file paths, never secrets. The files are removed when the job ends.',
    fix: fixFlag,
  },
  'ca-certificate': {
    kind: anyText,
    fallback: '',
    help: 'A certificate authority to trust in addition to the system’s own: PEM, or the path of a PEM file. Applies to git, the go command (on Linux) and this action, in this and later steps.',
    fix: 'Write certificates as PEM, or the path of a file with them.',
  },
  'cache-private': {
    kind: flag,
    fallback: 'false',
    help: 'In a public repository, cache private modules (those that GOPRIVATE, GONOPROXY or GONOSUMDB match) and the code compiled from them. Anyone who may open a pull request can read them there.',
    fix: fixFlag,
  },
} as const satisfies Readonly<Record<string, Declaration<unknown>>>
