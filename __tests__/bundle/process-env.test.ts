import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { makeCertificate } from '../golden/self-signed.ts'
import { app, root, startBed } from '../harness/bed.ts'
import { runnerJob } from '../harness/runner-job.ts'

const preload = path.join(root, '__tests__', 'fixtures', 'record-env-writes.mjs')

/** What the two phases write besides the control of the recording. */
function writesIn(file: string): readonly string[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  for (const script of ['main.mjs', 'post.mjs'])
    expect(lines).toContain(`${script} sets RECORDED_WRITES_CONTROL`)
  return lines.filter((line) => /^(?:main|post)\.mjs/.test(line) && !line.endsWith('_CONTROL'))
}

test.each([
  ['settings, credentials, certificates and a vendor directory', { dependencies: 'vendor' }],
  ['an offline job', { offline: 'true' }],
  ['a wrong input', { dependencies: 'sometimes' }],
] as const)('main and post leave process.env untouched: %s', async (_, inputs) => {
  const bed = await startBed()
  await bed.repository(app)
  const { file: certificate } = await makeCertificate(bed.folder)
  const file = path.join(bed.folder, 'writes')
  const { main, shell, post } = await runnerJob(bed, {
    with: {
      ...{
        goprivate: 'example.invalid',
        goflags: '-tags=other',
        credentials: 'git.example.invalid me secret',
      },
      ...{ 'export-credentials': 'true', 'ca-certificate': readFileSync(certificate, 'utf8') },
      ...inputs,
    },
    env: { NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`, RECORDED_WRITES: file },
    run: 'env',
  })
  expect(main.exitCode === 0, main.log).toBe(!('dependencies' in inputs) || inputs.dependencies === 'vendor')
  if (main.exitCode === 0) expect(shell?.stdout).toMatch(/^GOPRIVATE=example\.invalid$/m)
  expect(post.exitCode, post.log).toBe(0)
  expect(writesIn(file)).toEqual([])
})
