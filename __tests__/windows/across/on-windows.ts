import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { cloneOnD, driveD, handOver, wine } from '../../../scripts/setup/windows/windows.mjs'
import { removeTree } from '../../../testbed/remove-tree.ts'
import type { RanWindowsJob, WindowsJob } from '../windows-job.ts'

/** Makes a folder that both systems reach, removed when the test ends. */
export function sharedFolder(): string {
  const folder = mkdtempSync(path.join(driveD, 'shared-'))
  onTestFinished(() => removeTree(folder))
  return folder
}

/**
 * Returns how Windows names a file on drive D:.
 *
 * @param file absolute path, below the folder of drive D:
 */
export function onDriveD(file: string): string {
  return path.win32.join('D:\\', ...path.relative(driveD, file).split(path.sep))
}

/**
 * Runs jobs on the emulated Windows, with the bundles of its own clone of this repository.
 *
 * @param jobs one after the other, on one runner
 */
export async function jobsOnWindows(...jobs: readonly WindowsJob[]): Promise<readonly RanWindowsJob[]> {
  const folder = sharedFolder()
  const [request, answer] = [path.join(folder, 'request.json'), path.join(folder, 'answer.json')]
  writeFileSync(request, JSON.stringify(jobs))
  handOver(folder)
  const program = ['node', '__tests__/windows/across/windows-side.ts', onDriveD(request), onDriveD(answer)]
  await promisify(execFile)(wine, program, { cwd: cloneOnD() })
  return JSON.parse(readFileSync(answer, 'utf8')) as readonly RanWindowsJob[]
}
