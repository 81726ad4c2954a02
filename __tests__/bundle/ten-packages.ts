import { readdirSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type Bed, startBed } from '../harness/bed.ts'
import { noise } from '../harness/evolving.ts'
import { compiledPackages } from '../harness/go-output.ts'
import { type Places, type RanJob, type RunnerJob, runnerJob } from '../harness/runner-job.ts'

export const names = Array.from({ length: 10 }, (_, index) => `p${index}`)
/** Length of a package: far above the size that is kept for days. */
export const length = 200_000
/** Some of these tests have many jobs, and a busy machine takes long for each. */
export const manyJobs = { timeout: 240_000 }
export const everything = 'go build -x ./...'
/** Seven of ten packages, including the edited one. */
export const most = 'go build -x ./p0 ./p1 ./p2 ./p3 ./p4 ./p5 ./p6'

/** Ten packages without imports, so that nothing else is compiled; their text hardly compresses. */
export function tenPackages(revisions: Readonly<Record<string, number>> = {}) {
  const files = names.map((name) => {
    const text = noise(`${name} ${revisions[name] ?? 0}`, length)
    return [`${name}/${name}.go`, `package ${name}\n\nvar Text = "${text}"\n`] as const
  })
  const tiny = `package tiny\n\nconst Answer = ${revisions.tiny ?? 42}\n`
  return {
    'go.mod': 'module example.com/ten\n\ngo 1.24\n',
    'tiny/tiny.go': tiny,
    ...Object.fromEntries(files),
  }
}

/** Successive jobs, each on its own machine, some time after the previous one. */
export async function startJobs() {
  const bed = await startBed()
  let ended = 0
  /** By its file times, an object made just before a job begins could belong to that job. */
  const pause = () => sleep(Math.max(0, ended + 2_500 - Date.now()))
  const job = async (files: Readonly<Record<string, string>>, options: RunnerJob = {}) => {
    await bed.repository(undefined, files)
    await pause()
    const ran = await runnerJob(bed, { run: everything, ...options })
    ended = Date.now() - ran.post.seconds * 1000
    expect([ran.main.exitCode, ran.post.exitCode], ran.main.log + ran.post.log).toEqual([0, 0])
    return { ...ran, compiled: compiledIn(ran.shell?.stderr) }
  }
  return { bed, job, pause }
}

export function compiledIn(stderr = ''): readonly string[] {
  return compiledPackages(stderr)
    .map((name) => path.posix.basename(name))
    .sort()
}

/** The log line of post on the build cache; as a workflow command, which writes `%` as `%25`. */
export function outcome({ post }: Pick<RanJob, 'post'>): string {
  return (
    /Build cache: ((?:(?:not )?saved|up to date).*)/.exec(post.stdout)?.[1]?.replaceAll('%25', '%') ??
    post.stdout
  )
}

/** The size of the newest entry, in bytes. */
export function newest(bed: Bed): number {
  return bed.service.entries().at(-1)?.size ?? 0
}

/** The objects of a build cache, as paths relative to it. */
export function objectsIn({ gocache }: Places): readonly string[] {
  return readdirSync(gocache, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => /^[0-9a-f]{2}\/[0-9a-f]{64}-[ad]$/.test(file))
}
