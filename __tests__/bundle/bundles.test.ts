import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { app, startBed } from '../harness/bed.ts'
import { isFull } from '../harness/extent.ts'
import { alsoWithoutNetwork, mayLeaveAsIs, programWithoutNetwork } from '../harness/network.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { isOpenToNobody, unprivileged } from '../harness/unprivileged.ts'
import { endings, keepBundle, oneProxy, output } from './made-bundles.ts'

/** Compiling the standard library takes longest: a short run builds a package that needs none of it. */
const build = isFull ? 'go build ./... && go test -vet=off ./...' : 'go build ./tiny'

/** Commands that work with only the bundle, apart from compiling. */
const goCommands = [
  'go list -deps -test ./... > /dev/null',
  'go list -m all > /dev/null',
  'go mod download',
  'go mod verify',
  'go mod graph > /dev/null',
  'go mod tidy',
  'go mod vendor -o "$RUNNER_TEMP/vendor"',
].join(' && ')

test('two jobs with different folders write the same bundle, which tar can list', async () => {
  const [one, other] = [await startBed(), await startBed()]
  await one.repository(app)
  await other.repository(app)
  const first = await keepBundle(one)
  const again = await keepBundle(other, { env: { GOMODCACHE: path.join(other.folder, 'else', 'modules') } })
  expect(again.bytes.equals(first.bytes)).toBe(true)
  for (const ending of endings) {
    expect(readFileSync(again.file + ending).equals(readFileSync(first.file + ending)), ending).toBe(true)
  }

  const { outputs } = first.job.main
  expect(outputs['bundle-size']).toBe(String(first.bytes.length))
  expect(outputs['bundle-modules']).toBe('8')
  expect(outputs['bundle-path']).toBe(path.join(first.job.places.workspace, output))
  execFileSync('sha256sum', ['--check', '--quiet', `${first.file}.sha256`], { cwd: path.dirname(first.file) })
  const listed = execFileSync('tar', ['--zstd', '-tf', first.file], { encoding: 'utf8' }).trim().split('\n')
  expect(listed).toContain('github.com/google/uuid/@v/v1.6.0.zip')
  expect(listed).toHaveLength(3 * 8)
  // No path, user or machine of the job that made it.
  for (const word of [one.folder, process.env.HOSTNAME || one.folder, 'GOMODCACHE'])
    expect(first.bytes.includes(word), word).toBe(false)
})

test('a module cache restored without zips gives the same bundle', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const cold = await keepBundle(bed, { with: { cache: 'true', 'cache-build': 'false' } })
  expect(cold.job.post.stdout).toContain('Module cache: saved')
  const warm = await keepBundle(bed, { with: { cache: 'true', 'cache-build': 'false' } })
  expect(warm.job.main.outputs['modules-cache']).toBe('exact')
  expect(warm.sha256).toBe(cold.sha256)
})

describe('a bundle without a network', () => {
  test.skipIf(!mayLeaveAsIs || !isOpenToNobody)(
    'works for another user with an empty home, on another path',
    async () => {
      const bed = await startBed()
      await bed.repository(app)
      const { file, sha256 } = await keepBundle(bed)
      const elsewhere = await startBed()
      await elsewhere.repository(app)
      const folder = path.join(elsewhere.folder, 'off')
      const job = unprivileged(elsewhere, ({ workspace }) => {
        execFileSync('cp', [file, `${file}.sha256`, workspace])
      })
      const { user } = job
      if (user === undefined) throw new Error('the job has no user')
      const used = await runnerJob(elsewhere, {
        ...job,
        user: { ...user, node: programWithoutNetwork(folder, user.node) },
        with: { cache: 'false', bundle: path.basename(file), 'bundle-sha256': sha256 },
        // Settings that were effective before must not help.
        env: { GOPROXY: 'https://me:password-1234@proxy.invalid', GOSUMDB: 'off' },
        run: `${alsoWithoutNetwork} bash -ec '${build} && ${goCommands}' && echo "$GOPROXY"`,
      })
      expect(used.main.exitCode, used.main.stdout).toBe(0)
      expect(said(used.main, 'warning').join()).not.toContain('bundle')
      expect(used.shell?.exitCode, `${used.shell?.stdout}${used.shell?.stderr}`).toBe(0)
      const temp = pathToFileURL(used.places.temp).href
      expect(used.shell?.stdout).toMatch(
        new RegExp(`${temp}/go-deps-bundle-\\S+/proxy,https://me:password-1234@proxy.invalid`),
      )
      // Later steps now list it among their variables.
      expect(used.main.stdout).toContain('::add-mask::password-1234')
      expect(used.post.exported.GOPROXY).toBe('https://me:password-1234@proxy.invalid')
      // Post removes GOPROXY and restores the variable.
      const [, folderOfBundle = ''] = /file:\/\/(\S+)\/proxy/.exec(used.shell?.stdout ?? '') ?? []
      expect(existsSync(folderOfBundle)).toBe(false)
      expect(existsSync(path.join(used.places.temp))).toBe(true)
    },
    400_000,
  )

  test('works from GOMODCACHE, where the go command needs no GOPROXY', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const { file } = await keepBundle(bed)
    const asked = bed.proxy.requests.length
    const used = await runnerJob(bed, {
      with: { 'cache-build': 'false', bundle: file, 'bundle-into': 'module-cache' },
      env: { ...oneProxy, GOPROXY: 'off' },
      run: `${goCommands} && go build ./tiny && echo "GOPROXY=$GOPROXY"`,
    })
    expect(used.main.exitCode, used.main.stdout).toBe(0)
    expect(used.shell?.exitCode, used.shell?.stderr).toBe(0)
    expect(used.shell?.stdout).toContain('GOPROXY=off')
    expect(bed.proxy.requests.length).toBe(asked)
    // The module entry is ignored: the modules come from the bundle.
    expect(used.main.stdout).toContain('Module cache: off (the modules come from input `bundle`)')
    expect(used.main.outputs['modules-cache']).toBe('off')
    expect(used.main.stdout).toMatch(/Dependencies: 5 taken from the bundle in [\d.]+ s/)
    expect(used.main.stdout).not.toContain('downloaded')
    expect(used.post.stdout).not.toContain('Module cache: saved')
  })
})
