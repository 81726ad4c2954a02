import { stalledText } from '../modules/go-messages/stalled.ts'
import { withoutAnswers } from '../modules/go-messages/words.ts'
import { environment, platform } from '../system/environment.ts'
import { askRetryAfter } from '../system/retry-after.ts'
import { type Ran, run } from '../system/run.ts'
import { runWatched } from '../system/run-watched.ts'
import { debug } from '../system/runner.ts'
import { again } from './again.ts'
import { watchGo } from './progress.ts'

/**
 * Failures that may pass: too many requests, a server's own failures, timeouts and broken connections.
 * The words are those of cmd/go/internal/modfetch/proxy.go ("reading URL: 503 Service Unavailable"), of
 * Go's net package, and of git.
 */
const passing = [
  /: (429|5\d\d) [A-Z]/,
  /returned error: (429|5\d\d)\b/,
  /i\/o timeout|TLS handshake timeout|Client\.Timeout exceeded|deadline exceeded|timed out/,
  /connection reset by peer|connection refused|unexpected EOF|broken pipe|GOAWAY|RPC failed/,
  /forcibly closed by the remote host|actively refused it|did not properly respond/,
  /ssh: connect to host |kex_exchange_identification: |Connection (?:closed|reset) by /,
  /: EOF$|stream error: .*(INTERNAL_ERROR|REFUSED_STREAM)/m,
  /temporary failure in name resolution|server misbehaving/i,
]
/** Failures that no repetition mends, whatever else the text says. */
const lasting = [/checksum mismatch|SECURITY ERROR/, /: (400|401|403|404|410) [A-Z]/]

/** Answers that often come with a wish when to come again; Go tells of the address alone. */
const busy = /\breading (https?:\/\/\S+): (?:429|503) [A-Z]/

/**
 * After how many seconds the server that failed a go command asks to be asked again: Go does not print what it said, so it
 * is asked once more (docs/adr/0013-retry-after-is-asked-for.md).
 *
 * @param output standard error of the go command
 */
export async function askedBy(output: string): Promise<number | undefined> {
  // What a server says must not lead us elsewhere.
  const address = busy.exec(withoutAnswers(output.replaceAll('\r\n', '\n')))?.[1]
  return address === undefined ? undefined : askRetryAfter(address)
}

/** Whether what a command printed says that the same command may succeed later. */
export function mayPass(output: string): boolean {
  return passing.some((pattern) => pattern.test(output)) && !lasting.some((pattern) => pattern.test(output))
}

/** Windows does not tell what a command computes, so there only what it downloads and prints counts. */
const usualPatience = platform() === 'win32' ? 900 : 300

/** How long a go command may do nothing, in seconds; GO_DEPS_STALL_SECONDS says otherwise. */
function patience(): number {
  const asked = Number(environment().GO_DEPS_STALL_SECONDS)
  return Number.isFinite(asked) && asked > 0 ? asked : usualPatience
}

async function watched(
  args: readonly string[],
  options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<Ran | undefined> {
  const asked = { ...options, environment: { ...options.environment, GOTOOLCHAIN: 'local' } }
  // Most commands are over before anybody looks at them: only then Go is asked for its module cache.
  let isWorking: (group: number) => boolean = () => {
    isWorking = () => true
    void run('go', ['env', 'GOMODCACHE'], asked).then((told) => {
      isWorking = watchGo(told?.stdout.trim() ?? '')
    })
    return true
  }
  const seconds = patience()
  const ran = await runWatched('go', args, options, { seconds, isWorking: (group) => isWorking(group) })
  if (ran?.isStalled !== true) return ran
  return { ...ran, code: ran.code || 1, stderr: `${ran.stderr.trimEnd()}\n${stalledText(seconds)}\n` }
}

/**
 * Runs the go command, and again after failures that may pass, with growing pauses.
 *
 * Go itself never tries twice (cmd/go/internal/web), and waits for ever for a server that is silent: a go command that does
 * nothing for five minutes is ended, and not tried again.
 *
 * @param args the arguments after `go`
 * @param options where it runs, what is added to its environment, and how often it may be tried again
 * @throws Error when there is no go command
 */
export async function goWithRetries(
  args: readonly string[],
  options: {
    readonly cwd: string
    readonly environment?: Readonly<Record<string, string>>
    readonly retries: number
  },
): Promise<Ran> {
  const attempt = async () => {
    const ran = await watched(args, options)
    if (ran === undefined) throw new Error('there is no `go` on PATH any more')
    debug(`go ${args.join(' ')}: exit code ${ran.code} after ${ran.seconds.toFixed(2)} s`)
    return ran
  }
  return again(
    options.retries,
    attempt,
    ({ code, stderr }) => code !== 0 && mayPass(stderr),
    ({ stderr }) => askedBy(stderr),
  )
}
