/** Messages about version control systems, which Go asks for modules that come from no proxy. */
import { trusted } from './download.ts'
import {
  type Explainer,
  type Explanation,
  lineAt,
  moduleNamed,
  moduleOf,
  type Printed,
} from './explanation.ts'
import { modulePlaces } from './places.ts'
import { changedHostKey, elseOverSsh, overSsh } from './ssh.ts'

type Told = readonly [
  title: string,
  cause: (module: string, detail: string) => string,
  mend: (module: string, detail: string) => string,
]

const credentials = (_: string, host: string): string =>
  `Give it a token that may read the repository, by the input \`credentials\`: \`${host} \${{ secrets.TOKEN }}\`. For go commands of later steps set \`export-credentials: true\` as well.`

/** Words of git (and ssh) behind Go's own; the group is what they are about. The first that fits counts. */
const git: readonly (readonly [RegExp, ...Told])[] = [
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
  ...overSsh,
  [
    /repository '(?:\w+:\/\/)?([^'/]+)[^']*' not found|unable to access '\w+:\/\/([^'/]+)[^']*': The requested URL returned error: 4(?:04|10)|does not appear to be a git repository|Repository not found/i,
    'repository not found',
    (module) => `There is no repository for ${module}, or the credentials of git may not see it.`,
    (module, host) =>
      `Check the path ${moduleNamed(module).path}. If its repository is private, give git a token that may read it, by the input \`credentials\`: \`${host || 'HOST'} \${{ secrets.TOKEN }}\`.`,
  ],
  [
    // Words of OpenSSL, GnuTLS, Secure Transport and Schannel, by way of libcurl
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
  elseOverSsh,
]

/** What git said, behind Go's own words (cmd/go/internal/modfetch/codehost/git.go). */
export const explainGit: Explainer = ({ text, files }) => {
  if (!/\bgit [^\n]+: exit status \d+:/.test(text)) return undefined
  for (const [pattern, title, cause, mend] of git) {
    const match = pattern.exec(text)
    if (match === null) continue
    const line = lineAt(text, text.search(/\bgit [^\n]+: exit status/))
    const explanation = told(line, files, [title, cause, mend], match[1] ?? match[2] ?? '')
    return title === changedHostKey ? { ...explanation, security: true } : explanation
  }
  return undefined
}

/** What Go says itself, without having asked git, or after git did as it was told. */
const go: readonly (readonly [RegExp, ...Told])[] = [
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

/** Versions and repositories that Go cannot use or find. */
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
  [title, cause, mend]: Told,
  detail: string,
): Explanation {
  const module = moduleOf(line)
  const name = module ?? 'the module'
  return {
    title,
    cause: cause(name, detail),
    mend: mend(name, detail),
    places:
      module === undefined ? [] : modulePlaces(files, 'require', moduleNamed(name), `${name}: ${title}`),
  }
}
