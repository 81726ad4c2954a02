/** What git and ssh say about servers that are reached by ssh (openssh-portable, sshconnect.c and sshconnect2.c). */
import { moduleNamed } from './explanation.ts'

type Told = readonly [
  pattern: RegExp,
  title: string,
  cause: (module: string, host: string) => string,
  mend: (module: string, host: string) => string,
]

/** A server that shows another key may be somebody else. */
export const changedHostKey = 'the host key has changed'

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

/** The first that fits counts; the group is the host. */
export const overSsh: readonly Told[] = [
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
    // GitHub's words, and GitLab's.
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

/** What is known of every other failure; last of all. */
export const elseOverSsh: Told = [
  /Could not read from remote repository/,
  'git cannot read the repository by ssh',
  (module) => `ssh did not get to the repository of ${module}; what it says stands below.`,
  aKey,
]
