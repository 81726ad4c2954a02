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

const laterSteps = 'For go commands of later steps set `export-credentials: true` as well.'

const address = (module: string) => `\`${moduleNamed(module).path}\``

const aKey = (module: string) =>
  `Give git a key that may read it, by the input \`ssh-private-key\`: in one line what it opens, such as ${address(module)}, and below it the key. ${laterSteps}`

const known = (host: string) => {
  const [, name = host, port] = /^\[(.*)\]:(\d+)$/.exec(host) ?? []
  const scan = port === undefined ? name : `-p ${port} ${name}`
  return `Put the host key into the input \`ssh-known-hosts\`. \`ssh-keyscan ${scan}\` prints it; compare its fingerprint with the one that the owner of the server publishes. ${laterSteps}`
}

const unknown = 'the host key is not known'

const unreached = 'git cannot reach the server'

const reach = (module: string, host: string) =>
  `Run the job again; if it stays, see that ${host} can be reached by ssh from this machine. For another host or port write it behind the address in \`ssh-private-key\`: \`${moduleNamed(module).path} ssh://git@HOST:PORT\`.`

/** The messages of ssh. The first match wins; the group is the host. */
const sshMessages: readonly SshMessage[] = [
  [
    /cannot run (?:\S*\/)?ssh:|\bssh: (?:command )?not found/,
    'ssh is not installed',
    (module) => `git needs ssh to fetch ${module}, and there is none on PATH.`,
    () => 'Install OpenSSH’s client before this step.',
  ],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED[\s\S]*Host key for (\S+) has changed/,
    changedHostKey,
    (module, host) =>
      `${host} shows another host key than the one that is known, so nothing was sent to it for ${module}: the key was changed, or somebody stands in between.`,
    () =>
      'Compare the fingerprint below with the one that the owner of the server publishes. Only if they agree, replace the old line in the input `ssh-known-hosts`, or in the file that ssh names.',
  ],
  [
    /host key is known for (\S+) and you have requested strict checking/,
    unknown,
    (module, host) => `No host key of ${host} is known, so nothing was sent to it for ${module}.`,
    (_, host) => known(host),
  ],
  [
    /Host key verification failed/,
    unknown,
    (module) => `The server of ${module} has a host key that ssh does not accept.`,
    () => known('HOST'),
  ],
  [
    /([^\s@]+): Permission denied \([^)]*publickey/,
    'git is refused access by ssh',
    (module, host) => `${host} accepts no key that it was offered for ${module}.`,
    aKey,
  ],
  [
    // The messages of GitHub and of GitLab.
    /ERROR: (?:Repository not found|The project you were looking for could not be found)/,
    'repository not found',
    (module) => `There is no repository for ${module}, or the ssh key of this job may not read it.`,
    (module) =>
      `Check the path ${moduleNamed(module).path}. A deploy key opens one repository alone: give each its own in the input \`ssh-private-key\`, below a line such as ${address(module)}.`,
  ],
  [
    /ssh: (?:connect to host|Could not resolve hostname) ([^\s:]+)/,
    unreached,
    (module, host) => `git could not read ${module} from ${host} by ssh.`,
    reach,
  ],
  [
    /kex_exchange_identification: |Connection (?:closed|reset) by (\S+)/,
    unreached,
    (module, host) => `${host || 'The server'} broke the connection off, by which git was to read ${module}.`,
    () => 'Run the job again; if it stays, ask the owner of the server why.',
  ],
]

/** The message for any other ssh failure; matched last. */
const otherSshMessage: SshMessage = [
  /Could not read from remote repository/,
  'git cannot read the repository by ssh',
  (module) => `ssh did not get to the repository of ${module}; what it says stands below.`,
  aKey,
]

type GitMessage = readonly [
  title: string,
  cause: (module: string, detail: string) => string,
  fix: (module: string, detail: string) => string,
]

const credentials = (_: string, host: string): string =>
  `Give it a token that may read the repository, by the input \`credentials\`: \`${host} \${{ secrets.TOKEN }}\`. For go commands of later steps set \`export-credentials: true\` as well.`

/** The messages of git and ssh that follow Go's own text. The first match wins; the group is the subject. */
const git: readonly (readonly [RegExp, ...GitMessage])[] = [
  [
    /could not read (?:Username|Password) for '\w+:\/\/([^'/]+)[^']*': (?:terminal prompts disabled|No such device)/,
    'git has no credentials',
    (module, host) =>
      `git was asked for a user and password of ${host} to read ${module}, and nobody can type them here.`,
    credentials,
  ],
  [
    /Authentication failed for '\w+:\/\/([^'/]+)/,
    'git has wrong credentials',
    (module, host) => `${host} does not accept the credentials that git sent to read ${module}.`,
    credentials,
  ],
  [
    /unable to access '\w+:\/\/([^'/]+)[^']*': The requested URL returned error: 40[13]/,
    'git is refused access',
    (module, host) => `${host} refuses access to the repository of ${module}.`,
    credentials,
  ],
  ...sshMessages,
  [
    /repository '(?:\w+:\/\/)?([^'/]+)[^']*' not found|unable to access '\w+:\/\/([^'/]+)[^']*': The requested URL returned error: 4(?:04|10)|does not appear to be a git repository|Repository not found/i,
    'repository not found',
    (module) => `There is no repository for ${module}, or the credentials of git may not see it.`,
    (module, host) =>
      `Check the path ${moduleNamed(module).path}. If its repository is private, give git a token that may read it, by the input \`credentials\`: \`${host || 'HOST'} \${{ secrets.TOKEN }}\`.`,
  ],
  [
    // Messages of OpenSSL, GnuTLS, Secure Transport and Schannel, from libcurl
    /unable to access '\w+:\/\/([^'/]+)[^']*': .*(?:certificate|SEC_E_UNTRUSTED_ROOT|CERT_TRUST)/i,
    'certificate not trusted',
    (module, host) =>
      `git could not read ${module}: ${host} shows a certificate that git does not trust on this machine.`,
    () => trusted,
  ],
  [
    /unable to access '\w+:\/\/[^']*': .*(?:from proxy after CONNECT|CONNECT tunnel failed)/,
    'the forward proxy does not let requests through',
    (module) => `git could not read ${module}: the forward proxy opens no connection to its server.`,
    () => 'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY: requests go through the proxy that they name.',
  ],
  [
    /unable to access '\w+:\/\/([^'/]+)[^']*': (.*)/,
    'git cannot reach the server',
    (module, host) => `git could not read ${module} from ${host}.`,
    (_, host) => `Run the job again; if it stays, see that ${host} can be reached from this machine.`,
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
    const explanation = told(line, files, [title, cause, fix], match[1] ?? match[2] ?? '')
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
    (module) => `Go needs git to fetch ${module}, and there is none on PATH.`,
    () => 'Install git before this step, or set `goproxy` to a proxy that has the module.',
  ],
  [
    // cmd/go/internal/vcs/vcs.go, checkGOVCS
    /GOVCS disallows using (\S+) for \w+ \S+?;/,
    'GOVCS forbids the version control system',
    (module, tool) => `${module} has to be fetched by ${tool}, which GOVCS does not allow for it.`,
    (module, tool) =>
      `Set \`govcs: ${moduleNamed(module).path}:${tool}\`, or \`goproxy\` to a proxy that has the module.`,
  ],
  [
    // codehost.UnknownRevisionError
    /unknown revision (\S+)/,
    'version not found',
    (module, revision) => `The repository of ${module} has no tag, branch or commit ${revision}.`,
    (module) => `Require a version that exists, such as by \`go get ${moduleNamed(module).path}@latest\`.`,
  ],
  [
    // cmd/go/internal/vcs/vcs.go, RepoRootForImportPath
    /unrecognized import path "[^"]+": (.*)/,
    'unknown module path',
    (module, problem) => `No server tells where the repository of ${module} is (${problem}).`,
    (module) =>
      `Check the path ${moduleNamed(module).path}. If the module is private, give \`credentials\` for its host, or set \`goproxy\` to a proxy that serves it.`,
  ],
  [
    // cmd/go/internal/vcs/vcs.go, resolution of paths such as example.com/module.git
    /(no (?:secure )?protocol found for repository)/,
    'repository not found',
    (module) => `git finds no repository for ${module}, or its credentials do not let it.`,
    (module) =>
      `Check the path ${moduleNamed(module).path}. If its repository is private, give git a token that may read it, by the input \`credentials\`.`,
  ],
  [
    // golang.org/x/mod/module, InvalidVersionError
    /invalid (?:pseudo-)?version: (.*)/,
    'invalid version',
    (module, problem) => `The version of ${module} cannot be used: ${problem}.`,
    (module, problem) => {
      const { path, version = 'latest' } = moduleNamed(module)
      const right = /module path must match major version \("([^"]+)"\)/.exec(problem)?.[1]
      return right === undefined
        ? `Require a version that can be used, such as by \`go get ${path}@latest\`.`
        : `Require it by the path of that version, by \`go get ${right}@${version}\`, and import that path; or require an older version of ${path}.`
    },
  ],
]

/** Explains versions and repositories that Go cannot use or find. */
export const explainVersionControl: Explainer = ({ text, files }) => {
  for (const [pattern, ...words] of go) {
    const match = pattern.exec(text)
    if (match !== null) return told(lineAt(text, match.index), files, words, match[1] ?? '')
  }
  return undefined
}

function told(
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
