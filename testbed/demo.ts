// npm run demo: a small Go service built and tested twice on fresh homes, with the committed action before it.
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CacheService, startCacheService } from './cache-service/service.ts'
import { downloadEnvironment } from './environment.ts'
import { checkOut, createRepository } from './git-repository.ts'
import { removeTree } from './remove-tree.ts'
import { push } from './runner/github-context.ts'
import { startJob } from './runner/job.ts'
import type { StepResult } from './runner/step.ts'

const root = dirname(import.meta.dirname)
const scripts = ['go build ./...', 'go test ./...']

/** What is shown of one job: seconds by step, in order, and its summary. */
type JobRecord = { readonly seconds: ReadonlyMap<string, number>; readonly summary: string }

class StepFailed extends Error {}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** Runs one job as a push to the default branch; the home is new, the paths are those of every other job. */
async function runJob(folder: string, service: CacheService, signal: AbortSignal): Promise<JobRecord> {
  const [workspace, home, temp] = [join(folder, 'service'), join(folder, 'home'), join(folder, 'temp')]
  for (const old of [workspace, home, temp]) await removeTree(old)
  await mkdir(home)
  const commit = await checkOut(join(folder, 'origin'), workspace)
  const job = await startJob({
    actionDirectory: root,
    workspace,
    home,
    temp,
    env: { PATH: process.env.PATH ?? '', ...downloadEnvironment() },
    event: push('main', commit),
    cacheEnvironment: service.environment(),
  })
  const seconds = new Map<string, number>()
  const record = (name: string, step: StepResult): StepResult => {
    seconds.set(name, step.seconds)
    say(`  ${step.failed ? 'failed' : 'done'}: ${name}, ${step.seconds.toFixed(1)} s`)
    if (!step.failed) return step
    const errors = step.commands.filter(({ level }) => level === 'error').map(({ message }) => message)
    throw new StepFailed([`${name} failed (exit code ${step.exitCode})`, step.log, ...errors].join('\n'))
  }
  const main = record('go-deps-action', await job.action({ signal }))
  for (const script of scripts) record(script, await job.shell(script, { signal }))
  const [post] = await job.end({ signal })
  if (post === undefined) throw new StepFailed('the action has no post')
  record('go-deps-action, post', post)
  return { seconds, summary: [main.summary, post.summary].join('\n').trim() }
}

/** The seconds of both jobs side by side, with their sums. */
function renderTable(cold: JobRecord, warm: JobRecord): string {
  const sum = (record: JobRecord): number =>
    [...record.seconds.values()].reduce((left, right) => left + right, 0)
  const rows = [...cold.seconds].map(
    ([name, seconds]) => [name, seconds, warm.seconds.get(name) ?? 0] as const,
  )
  const cells = (name: string, left: string, right: string): string =>
    `  ${name.padEnd(22)}${left.padStart(10)}${right.padStart(10)}`
  const inSeconds = (seconds: number): string => `${seconds.toFixed(1)} s`
  return [
    cells('', 'cold', 'warm'),
    ...[...rows, ['all', sum(cold), sum(warm)] as const].map(([name, left, right]) =>
      cells(name, inSeconds(left), inSeconds(right)),
    ),
  ].join('\n')
}

async function demo(signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'go-deps-demo-'))
  const service = await startCacheService()
  try {
    say(`A cache service listens at ${service.url}; everything else is in ${folder}.`)
    await createRepository(join(root, 'examples', 'service'), join(folder, 'origin'))
    say('\nFirst job: an empty cache, a new home.')
    const cold = await runJob(folder, service, signal)
    say('\nSecond job: the same commit, another new home, the cache of the first.')
    const warm = await runJob(folder, service, signal)
    say(`\n--- summary of the first job ---\n\n${cold.summary}`)
    say(`\n--- summary of the second job ---\n\n${warm.summary}\n\n---\n`)
    say(renderTable(cold, warm))
    const entries = service.entries()
    const megabytes = entries.reduce((sum, { size }) => sum + size, 0) / 1e6
    say(`\n  stored: ${entries.length} cache entries, ${megabytes.toFixed(1)} MB`)
  } finally {
    await service.stop()
    await removeTree(folder)
    say('\nThe cache service is stopped and the folder removed.')
  }
}

const interruption = new AbortController()
process.once('SIGINT', () => interruption.abort())
try {
  await demo(interruption.signal)
} catch (error) {
  if (!(error instanceof StepFailed)) throw error
  say(error.message)
  process.exitCode = 1
}
