/**
 * Runs jobs on Windows for a test on Linux: `node windows-side.ts REQUEST ANSWER`. REQUEST is a JSON file with a list of
 * `WindowsJob`, run one after the other on one runner; ANSWER gets the list of `RanWindowsJob`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { type RanWindowsJob, type WindowsJob, windowsJob, windowsRunner } from '../windows-job.ts'

const [request = '', answer = ''] = process.argv.slice(2)
const ends: (() => Promise<void>)[] = []
const runner = windowsRunner('service', (end) => ends.push(end))
try {
  const ran: RanWindowsJob[] = []
  for (const job of JSON.parse(readFileSync(request, 'utf8')) as readonly WindowsJob[])
    ran.push(await windowsJob(runner, job))
  writeFileSync(answer, JSON.stringify(ran))
} finally {
  for (const end of ends) await end()
}
