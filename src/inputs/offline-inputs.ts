import { readPackagePatterns } from '../modules/package-patterns.ts'
import { chooseOne, type Declaration } from './declaration.ts'
import { choice, flag, type Kind, meantWord, text } from './kinds.ts'

/** `true` and `false` as the booleans of YAML, and one word more. */
const offlineWish: Kind<'false' | 'true' | 'strict'> = {
  allowed: '`true`, `false` or `strict`',
  parse: (value) => {
    const isOn = flag.parse(value)
    return isOn === undefined ? choice('strict').parse(value) : isOn ? 'true' : 'false'
  },
  meant: (value) => meantWord(value, ['true', 'false', 'strict']),
}

const packagePatterns: Kind<readonly string[]> = {
  allowed:
    '`true` for all packages, `false`, or packages such as `./cmd/...`, separated by commas or line breaks',
  hasRemarks: true,
  parse: (value) => {
    const read = readPackagePatterns(value)
    return 'patterns' in read ? read.patterns : undefined
  },
  fault: (value) => {
    const read = readPackagePatterns(value)
    return 'fault' in read ? read.fault : undefined
  },
}

/** What keeps a job off the network, and what it needs for that. */
export const offlineInputs = {
  offline: {
    kind: offlineWish,
    fallback: 'false',
    help: '`true`: this step fetches what is missing, proves that builds and tests lack nothing, and takes the network for modules from all later steps. `strict`: this step fetches no module either.',
    mend: 'Write `true`, `false` or `strict`, or leave the input out.',
  },
  'offline-check': {
    kind: packagePatterns,
    fallback: 'false',
    help: 'Fail the step if `go build`, `go vet` or `go list -deps -test` of these packages needs a network: `true` for all packages, or patterns such as `./cmd/...`. On Linux they run in a network namespace without a network, where that is allowed.',
    mend: 'Write `true`, or patterns as for `go build`, one a line.',
  },
  'deps-lock': {
    kind: text,
    fallback: '',
    help: 'A file of the checkout with the exact list of modules and hashes, such as `deps.txt`. The step fails if it differs from what go.mod, go.sum, go.work and vendor/modules.txt say.',
    mend: 'Name one file, relative to the root of the checkout.',
  },
  'deps-lock-mode': {
    kind: choice('check', 'write'),
    fallback: 'check',
    help: '`check`: compare the file that `deps-lock` names. `write`: write it, when nothing else made the step fail.',
    mend: chooseOne,
  },
} as const satisfies Readonly<Record<string, Declaration<unknown>>>
