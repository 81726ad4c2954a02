import { parseArgs } from 'node:util'

/** Options of the user. */
export interface Options {
  /** Names of scenarios; all if empty. */
  readonly only: readonly string[]
  /** The small project, one pair of everything: only shows that the bench runs. */
  readonly quick: boolean
  /** Number of pairs of each scenario; by default each has its own. */
  readonly pairs: number | undefined
  /** Bandwidth of the cache service, in MB per second, each way. */
  readonly bandwidth: number
  /** Latency of every request to cache service and module proxy, in milliseconds. */
  readonly latency: number
  /** Duration of the tests of the scenario `tests`, in seconds. */
  readonly testSeconds: number
  /** Path of the JSON file; undefined: next to the tools, ignored by git. */
  readonly json: string | undefined
  /** Folder of the measured action; undefined: this repository. */
  readonly action: string | undefined
  /** Folder with actions/setup-go and its bundles; undefined: the stand-in of bench/usual runs its strategy. */
  readonly setupGo: string | undefined
  /** Folder for the output of every step of every job; undefined: nowhere. */
  readonly logs: string | undefined
  /** Whether to write bench/results.json and bench/RESULTS.md. */
  readonly write: boolean
}

/** An invalid option, with a message for the user. */
export class BadOption extends Error {}

/** For `--help`. */
export const usage = (names: readonly string[]): string =>
  `npm run bench -- [options] [scenario ...]

  --only NAME          run this scenario (can be repeated; the same as naming it)
  --quick              a small project and one pair of each: shows that the bench runs, and nothing else
  --pairs N            measure N pairs in each scenario (default: 3 to 15, as the scenario needs)
  --bandwidth MB       MB per second of the cache service, each way (default: 100)
  --latency MS         milliseconds of each request to cache service and module proxy (default: 20)
  --test-seconds S     how long the tests of the scenario \`tests\` run (default: 20; with --quick 1)
  --json FILE          where the numbers go (default: .tools/bench/results.json)
  --action FOLDER      measure another build: a folder with action.yml and dist (not with --write)
  --setup-go FOLDER    measure against a clone of actions/setup-go (default: BENCH_SETUP_GO, else a stand-in
                       that carries out its strategy with @actions/cache)
  --logs FOLDER        keep what every step of every job said, one file for each
  --write              write bench/results.json and bench/RESULTS.md (not with --quick)
  --help               this text

Scenarios: ${names.join(', ')}
Everything is measured in the folder for temporary files: set TMPDIR to measure on another file system.
`

/**
 * Reads the options.
 *
 * @param args command line arguments
 * @param names the existing scenarios
 * @param environment may hold BENCH_SETUP_GO, which stands for --setup-go
 * @returns `help` if that was requested
 * @throws BadOption for an unknown option, or an invalid value
 */
export function parseOptions(
  args: readonly string[],
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Options | 'help' {
  const { values, positionals } = parse(args)
  if (values.help === true) return 'help'
  const only = [...(values.only ?? []), ...positionals]
  for (const name of only) {
    if (!names.includes(name))
      throw new BadOption(`There is no scenario "${name}". There are: ${names.join(', ')}.`)
  }
  const quick = values.quick === true
  const write = values.write === true
  if (quick && write)
    throw new BadOption('--write keeps what --quick measures, and that means nothing: leave one of them out.')
  if (write && values.action !== undefined)
    throw new BadOption('--write keeps results of this repository’s action: leave --action or --write out.')
  const number = (name: keyof typeof values & string, least: number): number | undefined => {
    const text = values[name]
    return typeof text === 'string' ? parseNumber(name, text, least) : undefined
  }
  const pairs = number('pairs', 1)
  if (pairs !== undefined && !Number.isInteger(pairs))
    throw new BadOption(`--pairs is "${values.pairs}": it must be a whole number, 1 or more.`)
  return {
    only,
    quick,
    pairs,
    bandwidth: number('bandwidth', 0.1) ?? 100,
    latency: number('latency', 0) ?? 20,
    testSeconds: number('test-seconds', 0.1) ?? (quick ? 1 : 20),
    json: values.json,
    action: values.action,
    setupGo: values['setup-go'] ?? (environment.BENCH_SETUP_GO || undefined),
    logs: values.logs,
    write,
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true },
        ...{ quick: flag, write: flag, help: flag },
        ...{
          pairs: text,
          bandwidth: text,
          latency: text,
          'test-seconds': text,
          json: text,
          action: text,
          'setup-go': text,
          logs: text,
        },
      },
    })
  } catch (error) {
    throw new BadOption(`${(error as Error).message}. See npm run bench -- --help.`)
  }
}

function parseNumber(name: string, text: string, least: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < least)
    throw new BadOption(`--${name} is "${text}": it must be a number, ${least} or more.`)
  return value
}
