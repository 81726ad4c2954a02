import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { removeTree } from '../../testbed/remove-tree.ts'
import { app, startBed } from '../harness/bed.ts'
import { slice } from '../harness/extent.ts'
import { type Places, runnerJob, said } from '../harness/runner-job.ts'
import { isRoot, nobody, unprivileged } from '../harness/unprivileged.ts'
import { isUnix, otherFileSystem } from '../temporary.ts'

const modules = { 'cache-build': 'false' }
const uuid = 'github.com/google/uuid@v1.6.0'
/**
 * Files that Go stores for a checksum database, and a script that writes them. No entry holds them: a damaged tile
 * fails every run.
 */
const checksums = 'cache/download/sumdb/sum.example.com/tile/8/0/000'
const leaveChecksums = `mkdir -p "$GOMODCACHE/${path.posix.dirname(checksums)}" && printf tile > "$GOMODCACHE/${checksums}"`

/** A GOMODCACHE with one write-protected module of Go, and an unrelated file. */
function populate({ gomodcache }: Places): void {
  const tree = path.join(gomodcache, uuid)
  const download = path.join(gomodcache, 'cache/download/github.com/google/uuid/@v')
  mkdirSync(tree, { recursive: true })
  mkdirSync(download, { recursive: true })
  writeFileSync(path.join(tree, 'theirs.go'), 'package uuid\n', { mode: 0o444 })
  writeFileSync(path.join(download, 'v1.6.0.ziphash'), 'h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=')
  chmodSync(tree, 0o555)
}

const beforehand: Readonly<Record<string, (places: Places) => void>> = {
  absent: () => {},
  empty: ({ gomodcache }) => mkdirSync(gomodcache, { recursive: true }),
  'populated and read-only': populate,
}

describe.each([
  ['as this user', false],
  ...(isRoot ? [['as an unprivileged user', true] as const] : []),
] as const)('restoring %s', (_, asNobody) => {
  test.each(slice(Object.entries(beforehand), 2))('into a GOMODCACHE that is %s', async (name, prepare) => {
    const bed = await startBed()
    await bed.repository(app)
    await runnerJob(bed, { with: modules, run: leaveChecksums })
    const requests = bed.proxy.requests.length
    const job = asNobody ? unprivileged(bed, prepare) : { prepare }
    const { main, post, places } = await runnerJob(bed, { ...job, with: modules })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.outputs['modules-cache']).toBe('exact')
    expect(bed.proxy.requests.slice(requests)).toEqual([])
    expect(post.exitCode).toBe(0)
    expect([...said(main, 'warning'), ...said(post, 'warning')]).toEqual([])
    const tree = path.join(places.gomodcache, 'github.com/spf13/cobra@v1.10.1')
    if (isUnix) {
      expect(statSync(tree).mode & 0o777).toBe(0o555)
      expect(statSync(path.join(tree, 'command.go')).mode & 0o777).toBe(0o444)
      expect(statSync(tree).uid).toBe(asNobody ? nobody.uid : process.getuid?.())
    }
    expect(existsSync(path.join(places.gomodcache, uuid, 'theirs.go'))).toBe(name.startsWith('populated'))
    expect(existsSync(path.join(places.gomodcache, checksums))).toBe(false)
    expect(readdirSync(places.gomodcache).filter((one) => one.startsWith('.'))).toEqual([])
  })
})

test.runIf(process.platform === 'linux')(
  'RUNNER_TEMP may be on another file system than the caches',
  async () => {
    const other = otherFileSystem()
    if (other === undefined) throw new Error('this test needs /dev/shm on a file system of its own')
    const bed = await startBed()
    await bed.repository(app)
    const temp = mkdtempSync(path.join(other, 'go-deps-'))
    onTestFinished(() => removeTree(temp))
    await runnerJob(bed, { temp, run: 'go build ./tiny' })
    const { main } = await runnerJob(bed, { temp, run: 'go build ./tiny' })
    expect(main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
    expect(readdirSync(temp).filter((name) => name.startsWith('go-deps-action'))).toEqual([])
  },
)

test('restored objects are dated two hours back, and Go is kept from trimming them', async () => {
  const bed = await startBed()
  await bed.repository(app)
  await runnerJob(bed, { run: 'go build ./tiny' })
  const { places } = await runnerJob(bed)
  const objects = readdirSync(places.gocache, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /-[ad]$/.test(file),
  )
  const ages = objects.map(
    (file) => (Date.now() - statSync(path.join(places.gocache, file)).mtimeMs) / 3_600_000,
  )
  const restored = ages.filter((age) => age > 1.9 && age < 2.2)
  expect(ages.length).toBeGreaterThan(3)
  expect(restored).toHaveLength(ages.length)
  expect(Math.max(...ages)).toBeLessThan(2.2)
  const trimmed = Number(readFileSync(path.join(places.gocache, 'trim.txt'), 'utf8'))
  expect(Math.abs(Date.now() / 1000 - trimmed)).toBeLessThan(300)
})

test('post only logs that there is nothing to do if main ended early', async () => {
  const bed = await startBed()
  await bed.repository(undefined, { 'README.md': 'x' })
  const { post } = await runnerJob(bed)
  expect(post.exitCode).toBe(0)
  expect(post.commands.filter(({ level }) => level !== 'debug')).toEqual([])
})

test('post leaves nothing in RUNNER_TEMP, even if its folder was removed', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const { post, places } = await runnerJob(bed, {
    with: modules,
    run: 'rm -rf "$RUNNER_TEMP"/go-deps-action-*',
  })
  expect(post.stdout).toContain('Module cache: not saved, a step removed the list of modules in RUNNER_TEMP')
  expect(post.exitCode).toBe(0)
  expect([...said(post, 'error'), ...said(post, 'warning')]).toEqual([])
  expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-action'))).toEqual([])
  rmSync(places.temp, { recursive: true, maxRetries: 5 })
})

test('unwritable caches are a miss with one warning, and the job continues', async () => {
  const bed = await startBed()
  await bed.repository(app)
  await runnerJob(bed, { run: 'go build ./tiny' })
  const { main, post } = await runnerJob(bed, {
    // A file in place of the build cache: not even root can create a directory there.
    prepare: ({ gocache }) => {
      mkdirSync(path.dirname(gocache), { recursive: true })
      writeFileSync(gocache, 'not a directory')
    },
  })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'miss' })
  expect([...said(main, 'warning'), ...said(post, 'warning')]).toHaveLength(1)
  expect(said(main, 'error')).toEqual([])
  expect(post.exitCode).toBe(0)
})
