import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { checkOut } from '../../testbed/git-repository.ts'
import { push } from '../../testbed/runner/github-context.ts'
import { startJob } from '../../testbed/runner/job.ts'
import { app, root, startBed } from '../harness/bed.ts'
import { said } from '../harness/runner-job.ts'

/** Two legs of a matrix that have both run main and found nothing; their post steps follow. */
async function twoLegs() {
  const bed = await startBed()
  await bed.repository(app)
  const legs = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const [workspace, home] = [path.join(bed.folder, name, 'app'), path.join(bed.folder, name, 'home')]
      mkdirSync(home, { recursive: true })
      const commit = await checkOut(bed.checkedOut, workspace)
      return startJob({
        actionDirectory: root,
        ...{ workspace, home, temp: path.join(bed.folder, name, 'temp') },
        env: { PATH: process.env.PATH ?? '', ...bed.goEnvironment },
        event: push('main', commit),
        cacheEnvironment: bed.service.environment(),
        matrix: { name },
      })
    }),
  )
  const mains = await Promise.all(legs.map((leg) => leg.action({ with: { 'cache-build': 'false' } })))
  expect(mains.map((main) => main.outputs['modules-cache'])).toEqual(['miss', 'miss'])
  const end = async (leg: (typeof legs)[number]) => {
    const [post] = await leg.end()
    if (post === undefined) throw new Error('the action has no post step')
    expect(post.exitCode).toBe(0)
    expect(said(post, 'warning')).toEqual([])
    return post.stdout
  }
  return { bed, legs, end }
}

test('of two legs that both find nothing, one saves, and the other packs nothing and logs no warning', async () => {
  const { bed, legs, end } = await twoLegs()
  const posts: string[] = []
  for (const leg of legs) posts.push(await end(leg))
  expect(posts[0]).toContain('Module cache: saved')
  expect(posts[1]).toContain(
    'Module cache: up to date, nothing new to save (an entry with this key already exists)',
  )
  expect(bed.service.entries()).toHaveLength(1)
})

test('the slower leg logs no warning if both have looked up the key before either has saved', async () => {
  const { bed, legs, end } = await twoLegs()
  bed.service.fault({ on: 'GetCacheEntryDownloadURL', delayMs: 500 })
  const posts = await Promise.all(legs.map(end))
  const results = posts.map((post) => /Module cache: (?:not )?saved(?:, [a-z ]+)?/.exec(post)?.[0]).sort()
  expect(results[0]).toMatch(/not saved, another job saved the same entry first/)
  expect(results[1]).toMatch(/: saved/)
  expect(bed.service.entries()).toHaveLength(1)
})
