/**
 * Messages of version control systems, which Go runs for modules that come from no proxy. They include the messages of
 * git and ssh about ssh servers (openssh-portable, sshconnect.c and sshconnect2.c).
 */

import { trusted } from './http-errors.ts'
import {
  type Explainer,
  type Explanation,
  lineAt,
  moduleLocations,
  moduleNamed,
  moduleOf,
  type Printed,
} from './message.ts'

type SshMessage = readonly [
  pattern: RegExp,
  title: string,
  cause: (module: string, host: string) => string,
  fix: (module: string, host: string) => string,
]

/** The title for a server with another host key, which may be an impostor. */
const changedHostKey = 'the host key has changed'

const laterSteps = 'If later steps run go commands, also set `export-credentials: true`.'

const address = (module: string) => `\`${moduleNamed(module).path}\``

const addKey = (module: string) =>
  `Set the input \`ssh-private-key\` to a key with read access: one line with the address, such as ${address(module)}, and the key below it. ${laterSteps}`

const addHostKey = (host: string) => {
  const [, name = host, port] = /^\[(.*)\]:(\d+)$/.exec(host) ?? []
  const scan = port === undefined ? name : `-p ${port} ${name}`
  return `Add the host key to the input \`ssh-known-hosts\`. \`ssh-keyscan ${scan}\` prints it; compare its fingerprint with the one that the operator of the server publishes. ${laterSteps}`
}

const unknownHostKey = 'the host key is not known'

const unreachable = 'git cannot reach the server'

const checkConnection = (module: string, host: string) =>
  `Run the job again. If the error persists, check that this machine can reach ${host} by ssh. For another host or port, add it after the address in \`ssh-private-key\`: \`${moduleNamed(module).path} ssh://git@HOST:PORT\`.`

/** The messages of ssh. The first match wins; the group is the host. */
const sshMessages: readonly SshMessage[] = [
  [
    /cannot run (?:\S*\/)?ssh:|\bssh: (?:command )?not found/,
    'ssh is not installed',
    (module) => `git needs ssh to fetch ${module}, but ssh is not on PATH.`,
    () => 'Install OpenSSH’s client before this step.',
  ],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED[\s\S]*Host key for (\S+) has changed/,
    changedHostKey,
    (module, host) =>
      `${host} presents a host key that differs from the known one, so git sent nothing to it for ${module}. The key was replaced, or the connection is intercepted.`,
    () =>
      'Compare the fingerprint below with the one that the operator of the server publishes. Only if they match, replace the old line in the input `ssh-known-hosts`, or in the file that ssh names.',
  ],
  [
    /host key is known for (\S+) and you have requested strict checking/,
    unknownHostKey,
    (module, host) => `The host key of ${host} is not known, so git sent nothing to it for ${module}.`,
    (_, host) => addHostKey(host),
  ],
  [
    /Host key verification failed/,
    unknownHostKey,
    (module) => `ssh does not accept the host key of the server of ${module}.`,
    () => addHostKey('HOST'),
  ],
  [
    /([^\s@]+): Permission denied \([^)]*publickey/,
    'git is refused access by ssh',
    (module, host) => `${host} accepts none of the keys that ssh offered for ${module}.`,
    addKey,
  ],
  [
    // The messages of GitHub and of GitLab.
    /ERROR: (?:Repository not found|The project you were looking for could not be found)/,
    'repository not found',
    (module) => `No repository exists for ${module}, or the ssh key of this job has no access to it.`,
    (module) =>
      `Check the path ${moduleNamed(module).path}. A deploy key is valid for one repository only: add one key for each to the input \`ssh-private-key\`, below a line such as ${address(module)}.`,
  ],
  [
    /ssh: (?:connect to host|Could not resolve hostname) ([^\s:]+)/,
    unreachable,
    (module, host) => `git could not read ${module} from ${host} by ssh.`,
    checkConnection,
  ],
  [
    /kex_exchange_identification: |Connection (?:closed|reset) by (\S+)/,
    unreachable,
    (module, host) => `${host || 'The server'} dropped the connection while git was reading ${module}.`,
    () => 'Run the job again. If the error persists, ask the operator of the server.',
  ],
]

/** The message for any other ssh failure; matched last. */
const otherSshMessage: SshMessage = [
  /Could not read from remote repository/,
  'git cannot read the repository by ssh',
  (module) => `ssh could not open the repository of ${module}; see its output below.`,
  addKey,
]

type GitMessage = readonly [
  title: string,
  cause: (module: string, detail: string) => string,
  fix: (module: string, detail: string) => string,
]

const addToken = (_: string, host: string): string =>
  `Add a token with read access to the input \`credentials\`: \`${host} \${{ secrets.TOKEN }}\`. ${laterSteps}`

/** The messages of git and ssh that follow Go's own text. The first match wins; its group is the host. */
const git: readonly (readonly [RegExp, ...GitMessage])[] = [
  [
    /could not read (?:Username|Password) for '\w+:\/\/([^'/]+)[^']*': (?:terminal prompts disabled|No such device)/,
    'git has no credentials',
    (module, host) => `${host} requires a user and password to read ${module}, and git has none.`,
    addToken,
  ],
  [
    /Authentication failed for '\w+:\/\/([^'/]+)/,
    'git has wrong credentials',
    (module, host) => `${host} does not accept the credentials that git sent to read ${module}.`,
    addToken,
  ],
  [
    /unable to access '\w+:\/\/([^'/]+)[^']*': The requested URL returned error: 40[13]/,
    'git is refused access',
    (module, host) => `${host} refuses access to the repository of ${module}.`,
    addToken,
  ],
  ...sshMessages,
  [
    /repository '(?:\w+:\/\/)?([^'/]+)[^']*' not found|unable to access '\w+:\/\/([^'/]+)[^']*': The requested URL returned error: 4(?:04|10)|does not appear to be a git repository|Repository not found/i,
    'repository not found',
    (module) => `No repository exists for ${module}, or the credentials of git have no access to it.`,
    (module, host) =>
      `Check the path ${moduleNamed(module).path}. If its repository is private, add a token with read access to the input \`credentials\`: \`${host || 'HOST'} \${{ secrets.TOKEN }}\`.`,
  ],
  [
    // Messages of OpenSSL, GnuTLS, Secure Transport and Schannel, from libcurl
    /unable to access '\w+:\/\/([^'/]+)[^']*': .*(?:certificate|SEC_E_UNTRUSTED_ROOT|CERT_TRUST)/i,
    'certificate not trusted',
    (module, host) =>
      `git could not read ${module}: ${host} presents a certificate that git does not trust on this machine.`,
    () => trusted,
  ],
  [
    /unable to access '\w+:\/\/[^']*': .*(?:from proxy after CONNECT|CONNECT tunnel failed)/,
    'the forward proxy does not let requests through',
    (module) => `git could not read ${module}: the forward proxy did not open a connection to its server.`,
    () => 'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY: requests go through the proxy that they name.',
  ],
  [
    /unable to access '\w+:\/\/([^'/]+)[^']*': (.*)/,
    'git cannot reach the server',
    (module, host) => `git could not read ${module} from ${host}.`,
    (_, host) => `Run the job again. If the error persists, check that this machine can reach ${host}.`,
  ],
  otherSshMessage,
]

/** Explains git's output, which follows Go's own text (cmd/go/internal/modfetch/codehost/git.go). */
export const explainGit: Explainer = ({ text, files }) => {
  if (!/\bgit [^\n]+: exit status \d+:/.test(text)) return undefined
  for (const [pattern, title, cause, fix] of git) {
    const match = pattern.exec(text)
    if (match === null) continue
    const line = lineAt(text, text.search(/\bgit [^\n]+: exit status/))
    const explanation = explain(line, files, [title, cause, fix], match[1] ?? match[2] ?? '')
    return title === changedHostKey ? { ...explanation, security: true } : explanation
  }
  return undefined
}

/** Go's own messages: without a git command, or after git succeeded. */
const go: readonly (readonly [RegExp, ...GitMessage])[] = [
  [
    // cmd/go/internal/vcs/vcs.go up to Go 1.24, os/exec, and codehost/git.go since
    /missing Git command|"git": executable file not found/,
    'git is not installed',
    (module) => `Go needs git to fetch ${module}, but git is not on PATH.`,
    () => 'Install git before this step, or set `goproxy` to a proxy that has the module.',
  ],
  [
    // cmd/go/internal/vcs/vcs.go, checkGOVCS
    /GOVCS disallows using (\S+) for \w+ \S+?;/,
    'GOVCS forbids the version control system',
    (module, tool) => `${module} must be fetched with ${tool}, which GOVCS does not allow for it.`,
    (module, tool) =>
      `Set \`govcs: ${moduleNamed(module).path}:${tool}\`, or \`goproxy\` to a proxy that has the module.`,
  ],
  [
    // codehost.UnknownRevisionError
    /unknown revision (\S+)/,
    'version not found',
    (module, revision) => `The repository of ${module} has no tag, branch or commit ${revision}.`,
    (module) => `Require an existing version: run \`go get ${moduleNamed(module).path}@latest\`.`,
  ],
  [
    // cmd/go/internal/vcs/vcs.go, RepoRootForImportPath
    /unrecognized import path "[^"]+": (.*)/,
    'unknown module path',
    (module, problem) => `No server names the repository of ${module} (${problem}).`,
    (module) =>
      `Check the path ${moduleNamed(module).path}. If the module is private, add its host to \`credentials\`, or set \`goproxy\` to a proxy that serves it.`,
  ],
  [
    // cmd/go/internal/vcs/vcs.go, resolution of paths such as example.com/module.git
    /(no (?:secure )?protocol found for repository)/,
    'repository not found',
    (module) => `git finds no repository for ${module}, or has no access to it.`,
    (module) =>
      `Check the path ${moduleNamed(module).path}. If its repository is private, add a token with read access to the input \`credentials\`.`,
  ],
  [
    // golang.org/x/mod/module, InvalidVersionError
    /invalid (?:pseudo-)?version: (.*)/,
    'invalid version',
    (module, problem) => `The version of ${module} is invalid: ${problem}.`,
    (module, problem) => {
      const { path, version = 'latest' } = moduleNamed(module)
      const right = /module path must match major version \("([^"]+)"\)/.exec(problem)?.[1]
      return right === undefined
        ? `Require a valid version: run \`go get ${path}@latest\`.`
        : `Run \`go get ${right}@${version}\` and import that path, or require an older version of ${path}.`
    },
  ],
]

/** Explains versions and repositories that Go cannot use or find. */
export const explainVersionControl: Explainer = ({ text, files }) => {
  for (const [pattern, ...words] of go) {
    const match = pattern.exec(text)
    if (match !== null) return explain(lineAt(text, match.index), files, words, match[1] ?? '')
  }
  return undefined
}

function explain(
  line: string,
  files: Printed['files'],
  [title, cause, fix]: GitMessage,
  detail: string,
): Explanation {
  const module = moduleOf(line)
  const name = module ?? 'the module'
  return {
    title,
    cause: cause(name, detail),
    fix: fix(name, detail),
    places:
      module === undefined ? [] : moduleLocations(files, 'require', moduleNamed(name), `${name}: ${title}`),
  }
}
