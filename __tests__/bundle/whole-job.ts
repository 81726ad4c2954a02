import { utimesSync } from 'node:fs'
import * as path from 'node:path'
import { expect } from 'vitest'
import { filesBelow } from '../../src/platform/files.ts'
import type { StepResult } from '../../testbed/runner/step.ts'
import { type MadeModule, sumLines } from '../golden/modules.ts'
import { endOf, type Machine } from './shared-machine.ts'

/** The build of these repositories. */
export const build = 'go build ./...'

/** A repository whose packages do not import the standard library, so that they build quickly. */
export function smallRepository(
  name: string,
  modules: readonly MadeModule[],
  text = 'first',
): Record<string, string> {
  const imports = modules.map((one) => `import _ "${one.path}"\n`).join('')
  const requires = modules.map((one) => `require ${one.path} ${one.version}\n`).join('')
  return {
    'go.mod': `module example.com/${name}\n\ngo 1.21\n\n${requires}`,
    ...(modules.length === 0 ? {} : { 'go.sum': modules.map(sumLines).join('') }),
    'app.go': `package app\n\n${imports}\nconst Text = ${JSON.stringify(text)}\n`,
    'deep/deep.go': `package deep\n\nfunc Name() string { return ${JSON.stringify(name)} }\n`,
  }
}

/** Runs a whole job: main, a shell step, post. */
export async function wholeJob(machine: Machine, name: string, run = build) {
  const { job } = await machine.start({ repository: name })
  const before = machine.bed.service.requests.length
  const main = await job.action()
  const asked = machine.bed.service.requests.slice(before)
  expect(main.exitCode, main.stdout).toBe(0)
  const shell = await job.shell(run)
  const post = await endOf(job)
  expect(post.exitCode, post.stdout).toBe(0)
  return { main, shell, post, asked, saved: saveOf(post) }
}

/** The log lines of post about the build cache. */
export function saveOf({ stdout }: StepResult): string {
  return /(?<=Build cache: )[^\n]*/.exec(stdout)?.[0] ?? ''
}

/** The newest entry of the build cache. */
export function buildKey({ bed }: Machine): string {
  return (
    bed.service
      .entries()
      .map(({ key }) => key)
      .findLast((key) => key.startsWith('godeps.build')) ?? ''
  )
}

/** Names of the objects of a build cache. */
export function objectsIn(gocache: string): readonly string[] {
  return filesBelow(gocache).filter((file) => /^[0-9a-f]{2}\/[0-9a-f]{64}-[ad]$/.test(file))
}

/** Ages a build cache by ten minutes: its objects are older than anything that follows. */
export function minutesLater({ gocache }: Machine): void {
  const then = Date.now() / 1000 - 10 * 60
  for (const file of objectsIn(gocache)) utimesSync(path.join(gocache, file), then, then)
}

/** A build that prints its commands: `compiledPackages` lists what it compiled. */
export const tracedBuild = 'go build -x ./...'
