import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { app, type Bed, startBed } from '../harness/bed.ts'
import { slice } from '../harness/extent.ts'
import { type Places, type RanJob, type RunnerJob, runnerJob, said } from '../harness/runner-job.ts'
import { isRoot, nobody, unprivileged } from '../harness/unprivileged.ts'

const uuid = 'github.com/google/uuid@v1.6.0'
const modules = { 'cache-build': 'false' }

/** A job of an unprivileged user, with its module cache in the checkout. */
async function job(bed: Bed, more: RunnerJob = {}): Promise<RanJob & { readonly gomodcache: string }> {
  const gomodcache = path.join(bed.folder, 'work', 'app', '.cache', 'mod')
  const ran = await runnerJob(bed, {
    ...unprivileged(bed),
    with: modules,
    ...more,
    env: { GOMODCACHE: gomodcache },
  })
  return { ...ran, gomodcache }
}

/** Deletes an existing checkout as actions/checkout does (its git-directory-helper.ts, prepareExistingDirectory). */
function clean({ workspace }: Places): string {
  return execFileSync('git', ['clean', '-ffdx'], {
    ...nobody,
    cwd: workspace,
    env: { PATH: process.env.PATH, HOME: path.dirname(workspace) },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

// Root can remove write-protected files, so only another user shows the effect.
describe.runIf(isRoot)('actions/checkout can remove a module cache inside the checkout', () => {
  test('after a job whose steps had Go write-protect their downloads', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const { main, shell, post, gomodcache, places } = await job(bed, {
      run: `test ! -w "$GOMODCACHE/${uuid}" && git status --porcelain --untracked-files=no`,
    })
    expect(main.stdout).toContain('5 downloaded')
    expect(shell, 'Go write-protects').toMatchObject({ exitCode: 0, stdout: '' })
    expect(post.exitCode).toBe(0)
    expect([...said(main, 'warning'), ...said(post, 'warning')]).toEqual([])
    expect(bed.service.entries(), 'and what is saved is the same').toHaveLength(1)
    expect(statSync(path.join(gomodcache, uuid, 'uuid.go')).mode & 0o222).toBe(0)
    clean(places)
    expect(existsSync(path.dirname(gomodcache))).toBe(false)
  })

  test('after a restore, which write-protects nothing there', async () => {
    const bed = await startBed()
    await bed.repository(app)
    await runnerJob(bed, { with: modules })
    const { main, shell, places, gomodcache } = await job(bed, {
      run: 'find "$GOMODCACHE" -type d ! -perm -u+w',
    })
    expect(main.outputs['modules-cache']).toBe('exact')
    expect(shell).toMatchObject({ exitCode: 0, stdout: '' })
    clean(places)
    expect(existsSync(gomodcache)).toBe(false)
  })

  test.each(
    slice(
      [
        ['failed', { run: 'exit 1' }],
        ['caches nothing', { with: { cache: 'false' } }],
        ['only restores', { with: { ...modules, 'cache-mode': 'read' } }],
      ],
      1,
    ),
  )('after a job that %s', async (_, more) => {
    const bed = await startBed()
    await bed.repository(app)
    const { main, places, gomodcache } = await job(bed, more)
    expect(main.stdout).toContain('5 downloaded')
    clean(places)
    expect(existsSync(gomodcache)).toBe(false)
  })

  test('after a job whose main failed halfway through its downloads', async () => {
    const bed = await startBed()
    await bed.repository(app)
    bed.proxy.fail({ kind: 'zip', module: 'github.com/spf13/cobra', status: 404 })
    const { main, places, gomodcache } = await job(bed)
    expect(main.exitCode).toBe(1)
    expect(existsSync(path.join(gomodcache, uuid))).toBe(true)
    clean(places)
    expect(existsSync(gomodcache)).toBe(false)
  })
})

test.runIf(isRoot).each(['miss', 'exact'])(
  'a module cache elsewhere stays write-protected: %s',
  async (found) => {
    const bed = await startBed()
    await bed.repository(app)
    if (found === 'exact') await runnerJob(bed, { with: modules })
    const { main, places } = await runnerJob(bed, { ...unprivileged(bed), with: modules })
    expect(main.outputs['modules-cache']).toBe(found)
    const tree = path.join(places.gomodcache, uuid)
    const directories = readdirSync(tree, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(entry.parentPath, entry.name))
    for (const directory of [tree, ...directories]) {
      expect([directory, statSync(directory).mode & 0o222]).toEqual([directory, 0])
    }
  },
)
