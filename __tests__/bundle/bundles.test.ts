import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { app, type Bed, startBed } from '../bed/bed.ts'
import { type RunnerJob, runnerJob, said } from '../bed/runner-job.ts'

/** Tests have no checksum database, and these modules are not private: a proxy serves everything, as a company's does. */
const env = { GONOSUMDB: '*' }
const off = { cache: 'false' }

/** Makes a bundle of the repository and keeps it outside of the checkout. */
async function make(bed: Bed, name: string, job: RunnerJob = {}) {
  const made = await runnerJob(bed, {
    ...job,
    with: { ...off, 'bundle-output': 'out/deps.bundle.tar.zst', ...job.with },
    env: { ...env, ...job.env },
  })
  expect(made.main.exitCode, made.main.stdout).toBe(0)
  const { 'bundle-path': from = '' } = made.main.outputs
  const file = path.join(bed.folder, name)
  for (const ending of ['', '.sha256', '.json']) copyFileSync(from + ending, file + ending)
  return { file, made }
}

test('two jobs with other folders make the same bundle, and one that has no network builds with it', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const { file, made } = await make(bed, 'one.tar.zst')
  const bytes = readFileSync(file)
  expect(made.main.outputs['bundle-size']).toBe(String(bytes.length))
  const again = await make(bed, 'two.tar.zst', { env: { GOMODCACHE: path.join(bed.folder, 'else') } })
  expect(readFileSync(again.file).equals(bytes)).toBe(true)
  expect(readFileSync(`${again.file}.json`, 'utf8')).toBe(readFileSync(`${file}.json`, 'utf8'))

  const listed = execFileSync('tar', ['--zstd', '-tf', file], { encoding: 'utf8' }).split('\n')
  expect(listed).toContain('github.com/google/uuid/@v/v1.6.0.zip')

  const asked = bed.proxy.requests.length
  const used = await runnerJob(bed, {
    with: { ...off, bundle: file, 'bundle-sha256': made.main.outputs['bundle-sha256'] ?? '' },
    env: { ...env, GOPROXY: 'off' },
    run: 'go build ./... && go vet ./... && go test ./... && go list -m all && go mod verify && echo "$GOPROXY"',
  })
  expect(used.main.exitCode, used.main.stdout).toBe(0)
  expect(used.shell?.exitCode, used.shell?.stderr).toBe(0)
  expect(used.shell?.stdout).toContain(`file://${used.places.temp}`)
  expect(said(used.main, 'warning')).toEqual([])
  expect(bed.proxy.requests.length).toBe(asked)
})
