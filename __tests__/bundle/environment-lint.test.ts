import * as path from 'node:path'
import { expect, test } from 'vitest'
import { installedGo } from '../golden/go.ts'
import { startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'

const files = { 'go.mod': 'module example.com/a\n\ngo 1.21\n', 'a.go': 'package a\n' }

test('each environment variable that weakens verification causes one warning by name, and the job continues', async () => {
  const bed = await startBed()
  await bed.repository(undefined, files)
  const env = { GOSUMDB: 'off', GONOSUMCHECK: '1', GOINSECURE: 'git.example.com' }
  const { main } = await runnerJob(bed, { env })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(said(main, 'warning').map((text) => text.split(' ')[0])).toEqual([
    'GONOSUMCHECK',
    'GOSUMDB',
    'GOINSECURE',
  ])
})

test('values set through inputs cause no warning', async () => {
  const bed = await startBed()
  await bed.repository(undefined, files)
  const { main } = await runnerJob(bed, { with: { gosumdb: 'off', goinsecure: 'git.example.com' } })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(said(main, 'warning')).toEqual([])
})

test('a go.sum that names Go itself causes a warning if that Go would trust it', async () => {
  const bed = await startBed()
  const goSum = 'golang.org/toolchain v0.0.1-go1.26.9.linux-amd64 h1:AAAA\n'
  await bed.repository(undefined, { ...files, 'go.sum': goSum })
  const { program } = await installedGo('oldest')
  const PATH = `${path.dirname(program)}${path.delimiter}${process.env.PATH}`
  const { main } = await runnerJob(bed, { env: { PATH } })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(said(main, 'warning').at(-1)).toContain('go.sum names golang.org/toolchain')
})
