import type { WorkflowCommand } from './runner/workflow-commands.ts'

/** One stage of one step. */
export type ActStep = {
  /** The step's name, or what it uses or runs. */
  readonly name: string
  readonly stage: 'Main' | 'Post'
  readonly result: string
  readonly seconds: number
  /** The lines it printed, without commands. */
  readonly log: string
  readonly commands: readonly WorkflowCommand[]
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
}

/** One job; `success`, `failure`, or empty when act ended before the job did. */
export type ActJob = {
  readonly id: string
  readonly matrix: Readonly<Record<string, unknown>>
  readonly result: string
  readonly steps: readonly ActStep[]
}

/** A line of `act --json`: what of it is read here. */
type ActRecord = {
  readonly msg: string
  readonly job?: string
  readonly jobID?: string
  readonly matrix?: Readonly<Record<string, unknown>>
  readonly stage?: string
  readonly step?: string
  readonly stepID?: readonly string[]
  readonly stepResult?: string
  readonly executionTime?: number
  readonly jobResult?: string
  readonly raw_output?: boolean
  readonly command?: string
  readonly kvPairs?: Readonly<Record<string, string>>
  readonly name?: string
  readonly arg?: string
  readonly content?: string
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
type OpenStep = Mutable<ActStep> & { readonly lines: string[]; readonly commands: WorkflowCommand[] }
type OpenJob = Mutable<ActJob> & { readonly open: Map<string, OpenStep> }

/**
 * Reads what `act --json` printed: one JSON record per line, interleaved when jobs run side by side.
 * @param stdout act masks only `msg`; nothing else of a record goes into `output`
 * @param stderr act's own complaints, appended to `output`
 */
export function parseActOutput(
  stdout: string,
  stderr: string,
): { readonly output: string; readonly jobs: readonly ActJob[]; readonly summaries: readonly string[] } {
  const output: string[] = []
  const jobs = new Map<string, OpenJob>()
  const summaries: string[] = []
  for (const line of stdout.split('\n')) {
    if (line === '') continue
    const record = parseRecord(line)
    output.push(record.job === undefined ? record.msg : `[${record.job.trim()}] ${record.msg}`)
    if (record.job === undefined) continue
    const job = jobs.get(record.job) ?? openJob(record)
    jobs.set(record.job, job)
    if (record.jobResult !== undefined) job.result = record.jobResult
    if (record.command === 'summary') summaries.push(record.content ?? '')
    if (record.stage === 'Main' || record.stage === 'Post') addToStep(job, record, record.stage)
  }
  return { output: [...output, stderr].join('\n'), jobs: [...jobs.values()].map(closeJob), summaries }
}

/** A line that is no JSON is act speaking outside its log. */
function parseRecord(line: string): ActRecord {
  try {
    const record = JSON.parse(line) as ActRecord
    return { ...record, msg: record.msg.replace(/\r?\n$/, '') }
  } catch {
    return { msg: line }
  }
}

function openJob({ jobID = '', matrix = {} }: ActRecord): OpenJob {
  return { id: jobID, matrix, result: '', steps: [], open: new Map() }
}

function addToStep(job: OpenJob, record: ActRecord, stage: ActStep['stage']): void {
  const key = `${stage} ${record.stepID?.join('/')}`
  const step = job.open.get(key) ?? openStep(record.step ?? '', stage)
  job.open.set(key, step)
  if (record.raw_output) step.lines.push(record.msg)
  else if (record.stepResult !== undefined) {
    step.result = record.stepResult
    step.seconds = (record.executionTime ?? 0) / 1e9
  } else if (record.command === 'summary') step.summary += record.content ?? ''
  else if (record.command === 'set-output')
    step.outputs = { ...step.outputs, [record.name ?? '']: record.arg ?? '' }
  else if (record.command !== undefined && record.kvPairs) step.commands.push(toCommand(record))
}

function openStep(name: string, stage: ActStep['stage']): OpenStep {
  return { name, stage, result: '', seconds: 0, log: '', lines: [], commands: [], outputs: {}, summary: '' }
}

function toCommand({ command = '', arg = '', kvPairs = {} }: ActRecord): WorkflowCommand {
  const { title, file, line } = kvPairs
  return {
    level: command,
    message: command === 'add-mask' ? '***' : arg,
    ...(title === undefined ? {} : { title }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line: Number(line) }),
  }
}

function closeJob({ open, ...job }: OpenJob): ActJob {
  const steps = [...open.values()].map(({ lines, ...step }) => ({ ...step, log: lines.join('\n') }))
  return { ...job, steps }
}
