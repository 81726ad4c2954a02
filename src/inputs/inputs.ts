import { branches } from './branches.ts'
import { bundleInputs } from './bundle-inputs.ts'
import { chooseOne, type Declaration, yesOrNo } from './declaration.ts'
import { goSettings, goVersionInputs } from './go-inputs.ts'
import { anything, byteSize, choice, flag, list, text, wholeNumber } from './kinds.ts'
import { offlineInputs } from './offline-inputs.ts'
import { privateInputs } from './private-inputs.ts'

/** Every input, declared once. `npm run fix` writes action.yml and the tables of docs/inputs.md from it. */
export const declarations = {
  'working-directory': {
    kind: text,
    fallback: '.',
    help: 'Where to look for Go modules: a directory of the checkout.',
    mend: 'Name one existing directory, relative to the root of the checkout.',
  },
  modules: {
    kind: list,
    fallback: '',
    help: 'Module directories or globs below `working-directory`, one a line; `!` in front excludes. Empty, or only exclusions: the `go.work` or `go.mod` found there; if there is none, every tracked `go.mod` below it.',
    mend: 'Name directories that hold a go.mod or go.work, or globs that match some, or exclude some by `!`.',
  },
  ...goVersionInputs,
  dependencies: {
    kind: choice('auto', 'download', 'vendor', 'none'),
    fallback: 'auto',
    help: '`auto`: nothing for a vendored repository, otherwise download what the restored cache lacks. `download`: the same, for vendored modules too. `vendor`: download, run `go mod vendor` or `go work vendor`, and export GOFLAGS with `-mod=vendor`. `none`: leave it to later steps.',
    mend: chooseOne,
  },
  cache: { kind: flag, fallback: 'true', help: 'All caching on or off.', mend: yesOrNo },
  'cache-modules': {
    kind: flag,
    fallback: 'true',
    help: 'The module cache (GOMODCACHE) on or off.',
    mend: yesOrNo,
  },
  'cache-build': {
    kind: flag,
    fallback: 'true',
    help: 'The build cache (GOCACHE) on or off.',
    mend: yesOrNo,
  },
  'cache-mode': {
    kind: choice('auto', 'write', 'read', 'write-only', 'none'),
    fallback: 'auto',
    help: 'What this run may do with the cache, in the words of GitHub’s own `cache-mode`. `auto` decides by event and branch. Never more than `ACTIONS_CACHE_MODE` allows.',
    mend: chooseOne,
  },
  'cache-key': {
    kind: text,
    fallback: '',
    help: 'An extra part of both keys, to keep variants of one job apart.',
    mend: 'Write it as one line of text.',
  },
  'cache-zips': {
    kind: choice('auto', 'true', 'false'),
    fallback: 'auto',
    help: 'Keep the module zips in the entry. Only a plain `go mod download` needs them; `auto` keeps them once a step of the job fetched them again.',
    mend: chooseOne,
  },
  'cache-save-on-failure': {
    kind: flag,
    fallback: 'false',
    help: 'Save the build cache of a failed job too. Modules are saved after a failed job anyway, if all are there.',
    mend: yesOrNo,
  },
  'cache-save-branches': {
    kind: branches,
    fallback: '',
    help: 'Branches whose runs save, as names or globs (`*` stays within a `/`, `**` does not). Empty: the default branch.',
    mend: 'Name branches without `refs/heads/`, one a line.',
  },
  'cache-max-size': {
    kind: byteSize,
    fallback: '2 GB',
    help: 'Maximum stored size of an entry. A longer one is cut, with a warning: least recently used objects and zips are dropped first, then the largest objects and modules.',
    mend: 'Write a number and a unit, such as `500 MB` or `2 GB`.',
  },
  verify: {
    kind: flag,
    fallback: 'true',
    help: 'Compare every restored module with go.sum, before any go command runs. `false` takes what is in the entry as it is.',
    mend: yesOrNo,
  },
  'on-corrupt': {
    kind: choice('heal', 'fail'),
    fallback: 'heal',
    help: 'What happens when a restored module is not what go.sum says. `heal`: it is left out and downloaded again. `fail`: the step fails and names it.',
    mend: chooseOne,
  },
  'check-vendor': {
    kind: flag,
    fallback: 'false',
    help: 'Fail the step if a committed vendor directory is not, file by file, what `go mod vendor` makes. Nothing in the checkout is changed.',
    mend: yesOrNo,
  },
  'check-tidy': {
    kind: flag,
    fallback: 'false',
    help: 'Fail the step if `go mod tidy` would change a go.mod or go.sum. Nothing in the checkout is changed.',
    mend: yesOrNo,
  },
  'test-cache': {
    kind: choice('keep', 'expire', 'stable'),
    fallback: 'keep',
    help: 'What becomes of Go’s cached test results. `keep`: they are restored with the build cache. `expire`: every test runs, and compiled packages are reused. `stable`: files that tests read get times made from their content, so that results outlive a fresh checkout.',
    mend: chooseOne,
  },
  ...goSettings,
  ...privateInputs,
  ...offlineInputs,
  ...bundleInputs,
  retries: {
    kind: wholeNumber(0, 10),
    fallback: '3',
    help: 'How often a download is tried again after a 429, a 5xx, a timeout or a connection that fails. A refusal such as 403, or a wrong checksum, is never tried again.',
    mend: 'Write a number within these bounds, or leave the input out.',
  },
  summary: {
    kind: choice('always', 'on-problem', 'never'),
    fallback: 'always',
    help: 'When the job summary is written. `on-problem`: only if something failed or could not be used.',
    mend: chooseOne,
  },
  'dry-run': {
    kind: flag,
    fallback: 'false',
    help: 'Print the plan with the reason for every line and do nothing.',
    mend: yesOrNo,
  },
  matrix: {
    kind: anything,
    fallback: '${{ toJSON(matrix) }}',
    help: 'Filled in by the runner: tells the legs of a matrix apart.',
    mend: 'Leave the input out.',
    hidden: true,
  },
  'job-status': {
    kind: anything,
    fallback: '${{ job.status }}',
    help: 'Filled in by the runner: the result of the job, read when the job ends.',
    mend: 'Leave the input out.',
    hidden: true,
  },
} as const satisfies Readonly<Record<string, Declaration<unknown>>>

/** The name of an input, as users write it. */
export type InputName = keyof typeof declarations

/** The value of every input, parsed. */
export type Inputs = {
  readonly [Name in InputName]: (typeof declarations)[Name] extends Declaration<infer T> ? T : never
}
