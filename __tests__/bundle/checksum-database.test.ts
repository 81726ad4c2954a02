import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startChecksumDatabase } from '../../testbed/checksum-database.ts'
import { madeModule, publish, sumLines } from '../golden/modules.ts'
import { startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { writeFiles } from '../temporary.ts'
import { smallRepository } from './whole-job.ts'

const [lib, other] = [madeModule('example.com/lib', 'v1.0.0'), madeModule('example.com/other', 'v1.0.0')]
const lied = sumLines(lib).replaceAll(/h1:..../g, 'h1:AAAA')
const found = sumLines(lib).split(/\s/)[2] ?? ''

/** A repository whose test imports a module that go.mod does not require, and a real database with this record of it. */
async function jobWithDatabase(record: string | undefined) {
  const bed = await startBed()
  const [served, known] = [path.join(bed.folder, 'served'), path.join(bed.folder, 'known')]
  for (const module of [lib, other]) for (const folder of [served, known]) publish(folder, module)
  if (record !== undefined) writeFiles(known, { 'example.com/lib/@v/v1.0.0.sum': record })
  const database = await startChecksumDatabase(known)
  onTestFinished(database.stop)
  await bed.repository(undefined, {
    ...smallRepository('app', [other]),
    'app_test.go': `package app\n\nimport _ "${lib.path}"\n`,
  })
  const { main } = await runnerJob(bed, {
    with: {
      goproxy: pathToFileURL(served).href,
      gosumdb: database.gosumdb,
      'cache-build': 'false',
      'check-tidy': 'true',
    },
    env: { GONOSUMDB: 'github.com/nobody' },
  })
  return { main, looked: database.requests.filter(({ path: name }) => name.startsWith('/lookup/')) }
}

test('a module missing from go.sum is verified against the database, and the log suggests `go mod tidy`', async () => {
  const { main, looked } = await jobWithDatabase(undefined)
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error').join('\n')).toContain('go.mod is not tidy')
  expect(main.stdout).not.toContain('title=SECURITY')
  expect(main.stdout).toContain(sumLines(lib).split('\n')[0])
  expect(looked).toEqual([{ status: 200, path: '/lookup/example.com/lib@v1.0.0' }])
})

test('a database with another hash fails the job, which names the module and both hashes', async () => {
  const { main } = await jobWithDatabase(lied)
  expect(main.exitCode).toBe(1)
  expect(main.stdout).toMatch(/^::error title=SECURITY/m)
  const error = said(main, 'error').join('\n')
  for (const part of [lib.path, found, lied.split(/\s/)[2] ?? '', 'sums.example.com']) {
    expect(main.stdout + error).toContain(part)
  }
})
