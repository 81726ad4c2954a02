import { listItems, notationFault } from '../text/lists.ts'
import { choice, type Declaration, fixChoice, fixFlag, flag, type Kind, suggestWord, text } from './kinds.ts'
import { readPackagePatterns } from './patterns.ts'

/** The path of a bundle, whose name shows its format. */
const bundleFile: Kind<string> = {
  allowed: 'the path of a file whose name ends in `.tar.zst`',
  parse: (value) => (/^$|^[^\r\n]*[^\r\n/\\]\.tar\.zst$/.test(value) ? value : undefined),
}

/** A SHA-256 as sha256sum prints it; either case. */
const sha256: Kind<string> = {
  allowed: '64 hexadecimal digits',
  parse: (value) => (/^(?:[0-9a-f]{64})?$/i.test(value) ? value.toLowerCase() : undefined),
}

/** The word in `bundle-toolchain` for the system and architecture of the job's machine. */
export const currentPlatform = 'this'

/** Common names of systems and architectures, with Go's own names (`go tool dist list`). */
const otherNames: Readonly<Record<string, string>> = {
  macos: 'darwin',
  osx: 'darwin',
  win: 'windows',
  win32: 'windows',
  x86_64: 'amd64',
  x64: 'amd64',
  aarch64: 'arm64',
  i386: '386',
  x86: '386',
}

/** A selection of toolchains: none, the one of this machine, or those of platforms such as `linux/amd64`. */
const toolchains: Kind<readonly string[]> = {
  allowed: '`true`, `false`, or platforms such as `linux/amd64`, separated by line breaks or commas',
  allowsComments: true,
  parse: (value) => {
    const isFlag = flag.parse(value)
    if (isFlag !== undefined) return isFlag ? [currentPlatform] : []
    return toolchainsFault(value) === undefined ? [...new Set(listItems(value))].sort() : undefined
  },
  fault: toolchainsFault,
  suggest: (value) => suggestWord(value, ['true', 'false']),
}

function toolchainsFault(value: string): string | undefined {
  const notation = notationFault(value)
  if (notation !== undefined) return notation
  for (const [index, item] of listItems(value).entries()) {
    const [, system = '', arch = ''] = /^([a-z\d]+)[/_-]([a-z\d_]+)$/i.exec(item) ?? []
    const platform = [system, arch]
      .map((name) => otherNames[name.toLowerCase()] ?? name.toLowerCase())
      .join('/')
    if (platform === '/') return `element ${index + 1} ("${item}") is not a platform`
    if (platform !== item)
      return `element ${index + 1} ("${item}") is not Go's name for it: write \`${platform}\``
  }
  return undefined
}

const nameFile = 'Name a file of the checkout, or give an absolute path.'

/** The inputs for air-gapped bundles. */
export const bundleInputs = {
  'bundle-output': {
    kind: bundleFile,
    fallback: '',
    help: 'Write all modules that the checkout needs into one file, for builds without a network: a path in the checkout or below RUNNER_TEMP that ends in `.tar.zst`. A `.sha256` and a `.json` file next to it contain its hash and its content.',
    fix: 'Write a path such as `deps.bundle.tar.zst`.',
  },
  'bundle-scope': {
    kind: choice('build', 'all'),
    fallback: 'build',
    help: 'The modules in `bundle-output`. `build`: those that building, testing, vetting, vendoring and tidying need. `all`: also those that `go mod download all` fetches.',
    fix: fixChoice,
  },
  'bundle-sumdb': {
    kind: flag,
    fallback: 'false',
    help: 'Include the records of the checksum database for these modules in `bundle-output`, so that Go can check them offline.',
    fix: fixFlag,
  },
  'bundle-toolchain': {
    kind: toolchains,
    fallback: 'false',
    help: 'Include the Go that builds the modules in `bundle-output`, as a toolchain module. `true`: for this machine; or platforms such as `linux/amd64, darwin/arm64`.',
    fix: 'Write `true`, or one platform per line as in `go tool dist list`.',
  },
  'bundle-private': {
    kind: flag,
    fallback: 'false',
    help: 'Include private modules (those that GOPRIVATE, GONOPROXY or GONOSUMDB match) in `bundle-output`. Anyone who has the file can read them.',
    fix: fixFlag,
  },
  bundle: {
    kind: bundleFile,
    fallback: '',
    help: 'Take modules from a file that `bundle-output` wrote. The step first compares its whole content with go.sum.',
    fix: nameFile,
  },
  'bundle-sha256': {
    kind: sha256,
    fallback: '',
    help: 'The SHA-256 that `bundle` or `bundle-check` must have. Empty: the one in the `.sha256` file next to it, if that file exists.',
    fix: 'Write the hash that `sha256sum` prints, or the output `bundle-sha256` of the job that made the file.',
  },
  'bundle-into': {
    kind: choice('proxy', 'module-cache'),
    fallback: 'proxy',
    help: 'How Go gets modules from `bundle`. `proxy`: the step unpacks it for this job and puts it first in GOPROXY. `module-cache`: the step adds its modules to GOMODCACHE, and GOPROXY stays as it is.',
    fix: fixChoice,
  },
  'bundle-check': {
    kind: bundleFile,
    fallback: '',
    help: 'Check that a bundle holds every module that this checkout needs, and fail if not. The step does nothing else, uses no network and needs no Go.',
    fix: nameFile,
  },
} as const satisfies Readonly<Record<string, Declaration<unknown>>>

/** The offline mode: `true` and `false` as the booleans of YAML, or `strict`. */
const offlineMode: Kind<'false' | 'true' | 'strict'> = {
  allowed: '`true`, `false` or `strict`',
  parse: (value) => {
    const isOn = flag.parse(value)
    return isOn === undefined ? choice('strict').parse(value) : isOn ? 'true' : 'false'
  },
  suggest: (value) => suggestWord(value, ['true', 'false', 'strict']),
}

const packagePatterns: Kind<readonly string[]> = {
  allowed:
    '`true` for all packages, `false`, or packages such as `./cmd/...`, separated by commas or line breaks',
  allowsComments: true,
  parse: (value) => {
    const read = readPackagePatterns(value)
    return 'patterns' in read ? read.patterns : undefined
  },
  fault: (value) => {
    const read = readPackagePatterns(value)
    return 'fault' in read ? read.fault : undefined
  },
}

/** The inputs of the offline mode. */
export const offlineInputs = {
  offline: {
    kind: offlineMode,
    fallback: 'false',
    help: '`true`: this step fetches what is missing, proves that builds and tests need nothing else, and keeps all later steps from fetching modules. `strict`: this step fetches no module either.',
    fix: 'Write `true`, `false` or `strict`, or omit the input.',
  },
  'offline-check': {
    kind: packagePatterns,
    fallback: 'false',
    help: 'Fail the step if `go build`, `go vet` or `go list -deps -test` of these packages needs a network: `true` for all packages, or patterns such as `./cmd/...`. On Linux they run in a network namespace without a network, if the system allows it.',
    fix: 'Write `true`, or patterns as for `go build`, one per line.',
  },
  'deps-lock': {
    kind: text,
    fallback: '',
    help: 'A file of the checkout with the exact list of modules and hashes, such as `deps.txt`. The step fails if it differs from go.mod, go.sum, go.work and vendor/modules.txt.',
    fix: 'Name one file, relative to the root of the checkout.',
  },
  'deps-lock-mode': {
    kind: choice('check', 'write'),
    fallback: 'check',
    help: '`check`: compare the file that `deps-lock` names. `write`: write it, unless the step fails for another reason.',
    fix: fixChoice,
  },
} as const satisfies Readonly<Record<string, Declaration<unknown>>>
