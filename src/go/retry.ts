import { withoutAnswers } from '../modules/go-messages/words.ts'
import { askRetryAfter } from '../system/retry-after.ts'
import { type Ran, run } from '../system/run.ts'
import { debug } from '../system/runner.ts'
import { again } from './again.ts'

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

/**
 * Runs the go command, and again after failures that may pass, with growing pauses.
 *
 * Go itself never tries twice (cmd/go/internal/web).
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
    const ran = await run('go', args, options)
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
