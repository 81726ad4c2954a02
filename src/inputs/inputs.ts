import type { Problem } from '../errors.ts'
import { withoutComments } from '../text/lists.ts'
import { goSettings, goVersionInputs } from './go-inputs.ts'
import {
  anyText,
  branches,
  byteSize,
  choice,
  type Declaration,
  fixChoice,
  fixFlag,
  flag,
  list,
  text,
  wholeNumber,
} from './kinds.ts'
import { bundleInputs, offlineInputs } from './offline-inputs.ts'
import { privateInputs } from './private-inputs.ts'
import { s3Inputs } from './s3-inputs.ts'

/** Every input, declared once. `npm run fix` writes action.yml and the tables of docs/inputs.md from it. */
export const declarations = {
  'working-directory': {
    kind: text,
    fallback: '.',
    help: 'The directory of the checkout in which to look for Go modules.',
    fix: 'Name one existing directory, relative to the root of the checkout.',
  },
  modules: {
    kind: list,
    fallback: '',
    help: 'Module directories or globs below `working-directory`, one per line; a leading `!` excludes. Empty, or only exclusions: the `go.work` or `go.mod` in that directory; without one, every tracked `go.mod` below it.',
    fix: 'Name directories with a go.mod or go.work, or globs that match some; exclude some with `!`.',
  },
  ...goVersionInputs,
  dependencies: {
    kind: choice('auto', 'download', 'vendor', 'none'),
    fallback: 'auto',
    help: '`auto`: nothing for a vendored repository, otherwise download the modules that the restored cache does not have. `download`: the same, for vendored modules too. `vendor`: download, run `go mod vendor` or `go work vendor`, and export GOFLAGS with `-mod=vendor`. `none`: leave downloads to later steps.',
    fix: fixChoice,
  },
  cache: { kind: flag, fallback: 'true', help: 'Turns all caching on or off.', fix: fixFlag },
  'cache-modules': {
    kind: flag,
    fallback: 'true',
    help: 'Turns caching of the module cache (GOMODCACHE) on or off.',
    fix: fixFlag,
  },
  'cache-build': {
    kind: flag,
    fallback: 'true',
    help: 'Turns caching of the build cache (GOCACHE) on or off.',
    fix: fixFlag,
  },
  'cache-mode': {
    kind: choice('auto', 'write', 'read', 'write-only', 'none'),
    fallback: 'auto',
    help: 'What this run may do with the cache, with the values of GitHub’s own `cache-mode`. `auto` decides by event and branch. Never more than `ACTIONS_CACHE_MODE` allows.',
    fix: fixChoice,
  },
  'cache-backend': {
    kind: choice('auto', 'github', 'toolkit', 's3'),
    fallback: 'auto',
    help: 'How this action reaches the cache service. `github` speaks version 2 of GitHub’s cache service itself, and no tar unpacks an entry. `toolkit` uses @actions/cache, for servers that speak version 1. `auto` takes what the server offers. `s3` keeps entries in your own bucket instead (docs/s3.md). Each finds only the entries that it saved.',
    fix: fixChoice,
  },
  ...s3Inputs,
  'cache-key': {
    kind: text,
    fallback: '',
    help: 'An extra part of both keys that separates variants of one job.',
    fix: 'Write it as one line of text.',
  },
  'cache-zips': {
    kind: choice('auto', 'true', 'false'),
    fallback: 'auto',
    help: 'Keep the module zips in the entry. Only a plain `go mod download` needs them; `auto` keeps them after a step of the job has downloaded them again.',
    fix: fixChoice,
  },
  'cache-save-on-failure': {
    kind: flag,
    fallback: 'false',
    help: 'Save the build cache of a failed job too. Modules are saved after a failed job anyway, if none is missing.',
    fix: fixFlag,
  },
  'cache-save-branches': {
    kind: branches,
    fallback: '',
    help: 'Branches whose runs save, as names or globs (`*` does not match `/`, `**` does). Empty: the default branch.',
    fix: 'Name branches without `refs/heads/`, one per line.',
  },
  'cache-max-size': {
    kind: byteSize,
    fallback: '2 GB',
    help: 'Maximum stored size of an entry. A larger one is cut, with a warning: least recently used objects and zips are dropped first, then the largest objects and modules.',
    fix: 'Write a number and a unit, such as `500 MB` or `2 GB`.',
  },
  'fail-on-cache-miss': {
    kind: choice('false', 'true', 'modules', 'build'),
    fallback: 'false',
    help: 'Fail the step if no entry is found, not even by a fallback, before it downloads modules. `true` counts each cache that is on, `modules` and `build` only that one. No answer of the cache service counts as a miss, too.',
    fix: fixChoice,
  },
  'lookup-only': {
    kind: flag,
    fallback: 'false',
    help: 'Only find out which entries exist, and set the outputs. The step sets up Go, but restores and saves nothing, and downloads no modules.',
    fix: fixFlag,
  },
  verify: {
    kind: flag,
    fallback: 'true',
    help: 'Compare every restored module with go.sum, before any go command runs. `false` uses the content of the entry unchecked.',
    fix: fixFlag,
  },
  'on-corrupt': {
    kind: choice('heal', 'fail'),
    fallback: 'heal',
    help: 'What happens when a restored module differs from go.sum. `heal`: it is discarded and downloaded again; if the hash still differs, the step fails. `fail`: the step fails and names it.',
    fix: fixChoice,
  },
  'check-vendor': {
    kind: flag,
    fallback: 'false',
    help: 'Fail the step if a committed vendor directory differs from the output of `go mod vendor`. The step changes nothing in the checkout.',
    fix: fixFlag,
  },
  'check-tidy': {
    kind: flag,
    fallback: 'false',
    help: 'Fail the step if `go mod tidy` would change a go.mod or go.sum. The step changes nothing in the checkout.',
    fix: fixFlag,
  },
  'test-cache': {
    kind: choice('keep', 'expire', 'stable'),
    fallback: 'keep',
    help: 'What happens to Go’s cached test results. `keep`: they are restored with the build cache. `expire`: every test runs; compiled packages are reused. `stable`: files that tests read get mtimes derived from their content, so that results outlive a fresh checkout.',
    fix: fixChoice,
  },
  ...goSettings,
  ...privateInputs,
  ...offlineInputs,
  ...bundleInputs,
  retries: {
    kind: wholeNumber(0, 10),
    fallback: '3',
    help: 'How often a download is retried after a 429, a 5xx, a timeout or a failed connection. A refusal such as 403, or a wrong checksum, is never retried.',
    fix: 'Write a number within these bounds, or omit the input.',
  },
  summary: {
    kind: choice('always', 'on-problem', 'never'),
    fallback: 'always',
    help: 'When the job summary is written. `on-problem`: only if something failed or could not be used.',
    fix: fixChoice,
  },
  'dry-run': {
    kind: flag,
    fallback: 'false',
    help: 'Only print the plan, with a reason for every line.',
    fix: fixFlag,
  },
  matrix: {
    kind: anyText,
    fallback: '${{ toJSON(matrix) }}',
    help: 'Filled in by the runner: distinguishes the legs of a matrix.',
    fix: 'Omit the input.',
    hidden: true,
  },
  'job-status': {
    kind: anyText,
    fallback: '${{ job.status }}',
    help: 'Filled in by the runner: the result of the job so far.',
    fix: 'Omit the input.',
    hidden: true,
  },
  'sub-action': {
    kind: choice('none', 'restore'),
    fallback: 'none',
    help: 'Filled in by this action: the sub-action that runs.',
    fix: 'Omit the input.',
    hidden: true,
  },
} as const satisfies Readonly<Record<string, Declaration<unknown>>>

/** The name of an input, as users write it. */
export type InputName = keyof typeof declarations

/** The value of every input, parsed. */
export type Inputs = {
  readonly [Name in InputName]: (typeof declarations)[Name] extends Declaration<infer T> ? T : never
}

/** The inputs from the environment, and their problems; inputs with a problem hold their default. */
interface ReadInputs {
  readonly inputs: Inputs
  readonly problems: readonly Problem[]
}

/**
 * Reads and validates all inputs at once.
 *
 * The runner passes an input as `INPUT_` and its name in upper case, with blanks replaced by underscores
 * (actions/runner, Handler.cs). An input that is absent or blank has its default.
 *
 * @param environment the environment variables of the action
 */
export function readInputs(environment: Readonly<Record<string, string | undefined>>): ReadInputs {
  const values: Record<string, unknown> = {}
  const problems: Problem[] = []
  for (const [name, declaration] of Object.entries(declarations) as [InputName, Declaration<unknown>][]) {
    const whole = environment[variableOf(name)] ?? ''
    const raw = declaration.kind.allowsComments ? withoutComments(whole) : whole
    const given = declaration.kind.keepsBlanks && raw.trim() !== '' ? raw : raw.trim()
    const value = given === '' ? undefined : declaration.kind.parse(given)
    if (given !== '' && value === undefined) problems.push(problemOf(name, given, declaration))
    values[name] = value ?? defaultOf(declaration)
  }
  return { inputs: values as Inputs, problems }
}

/** Returns the name of the environment variable in which the runner passes an input. */
export function variableOf(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
}

function defaultOf(declaration: Declaration<unknown>): unknown {
  // The runner evaluates an expression before it starts this action; without that, its value is unknown.
  return declaration.kind.parse(declaration.fallback.startsWith('${{') ? '' : declaration.fallback)
}

function problemOf(name: string, given: string, declaration: Declaration<unknown>): Problem {
  const { kind } = declaration
  const fault = kind.fault?.(given)
  const suggestion = kind.suggest?.(given)
  return {
    what: `Input \`${name}\` is ${JSON.stringify(kind.shown?.(given) ?? given)}${fault === undefined ? '' : `, but ${fault}`}`,
    allowed: kind.allowed,
    fix: `${suggestion === undefined ? '' : `Did you mean \`${suggestion}\`? `}${declaration.fix}`,
  }
}
