import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect } from 'vitest'
import type { Bed } from '../harness/bed.ts'
import { type RanJob, type RunnerJob, runnerJob } from '../harness/runner-job.ts'

/** No checksum database and no private modules by default: one proxy serves everything, as in a company. */
export const oneProxy = { GONOSUMDB: '*' }
/** The bundle name in these jobs. */
export const output = 'out/deps.bundle.tar.zst'
/** Suffixes of the files that a job writes. */
export const endings = ['', '.sha256', '.json']

/** A bundle that a job wrote, outside of every checkout. */
export interface KeptBundle {
  /** Absolute path; the `.sha256` and `.json` files are next to it. */
  readonly file: string
  readonly bytes: Buffer
  readonly sha256: string
  readonly job: RanJob
}

/** Runs a job that writes a bundle of the fixture repository, and keeps the bundle. */
export async function keepBundle(bed: Bed, job: RunnerJob = {}): Promise<KeptBundle> {
  const ran = await runnerJob(bed, {
    ...job,
    with: { cache: 'false', 'bundle-output': output, ...job.with },
    env: { ...oneProxy, ...job.env },
  })
  expect(ran.main.exitCode, ran.main.stdout).toBe(0)
  const { 'bundle-path': from = '', 'bundle-sha256': sha256 = '' } = ran.main.outputs
  const file = path.join(mkdtempSync(path.join(bed.folder, 'kept-')), path.basename(output))
  for (const ending of endings) copyFileSync(from + ending, file + ending)
  return { file, bytes: readFileSync(file), sha256, job: ran }
}
