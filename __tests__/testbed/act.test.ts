import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runWorkflow, type WorkflowResult, type WorkflowRun } from '../../testbed/act.ts'

const files = {
  'action/action.yml': `
name: toy
description: for tests
inputs:
  matrix: { description: m, default: '\${{ toJSON(matrix) }}' }
  job-status: { description: j, default: '\${{ job.status }}' }
outputs:
  shape: { description: s }
runs: { using: node24, main: dist/main.mjs, post: dist/post.mjs, post-if: always() }
`,
  'action/dist/main.mjs': `
import { appendFileSync } from 'node:fs'
const { INPUT_MATRIX, GITHUB_OUTPUT, GITHUB_STATE, GITHUB_STEP_SUMMARY, ACTIONS_RESULTS_URL, LEAKED, GITHUB_REPOSITORY } = process.env
console.log(JSON.stringify([process.version, INPUT_MATRIX, ACTIONS_RESULTS_URL, GITHUB_REPOSITORY, String(LEAKED)]))
appendFileSync(GITHUB_OUTPUT, 'shape<<END\\nround\\nindeed\\nEND\\n')
appendFileSync(GITHUB_STATE, 'kept=yes\\n')
appendFileSync(GITHUB_STEP_SUMMARY, '# Main\\n\\ntext\\n')
console.log('::add-mask::s3cret')
console.log('::warning file=a.go,line=3::s3cret%0Acareful')
console.log('plain s3cret')
`,
  'action/dist/post.mjs': `
import { appendFileSync } from 'node:fs'
console.log(process.env.STATE_kept, process.env['INPUT_JOB-STATUS'], process.env.INPUT_MATRIX)
appendFileSync(process.env.GITHUB_STEP_SUMMARY, '# Post\\n')
`,
  'repository/go.mod': 'module example.com/main\n',
}
const workflow = `
on: push
jobs:
  plain:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: org/go-deps-action@v0
        id: toy
      - run: echo "\${{ steps.toy.outputs.shape }}"; ls
  failing:
    needs: plain
    runs-on: ubuntu-latest
    strategy: { matrix: { go: [one] } }
    steps:
      - uses: org/go-deps-action@v0
      - run: exit 3
`

let folder = ''
let result: WorkflowResult
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'act-test-'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  await promisify(execFile)('git', ['init', '--quiet', join(folder, 'repository')])
  process.env.LEAKED = 'yes'
  result = await runToy({ cacheEnvironment: { ACTIONS_RESULTS_URL: 'http://127.0.0.1:9/' } })
  delete process.env.LEAKED
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function runToy(more: Partial<WorkflowRun>): Promise<WorkflowResult> {
  const home = join(folder, 'home')
  await mkdir(home, { recursive: true })
  const [repository, actionDirectory] = [join(folder, 'repository'), join(folder, 'action')]
  return runWorkflow({ repository, workflow, home, timeoutMs: 60_000, actionDirectory, ...more })
}

const stepOf = (jobId: string, stage: 'Main' | 'Post', name = 'org/go-deps-action@v0') =>
  result.jobs.find(({ id }) => id === jobId)?.steps.find((step) => step.stage === stage && step.name === name)

describe('a workflow under act', () => {
  test('jobs and steps have results, and a failing one is seen', () => {
    expect(result.exitCode).toBe(1)
    expect(result.jobs.map(({ id, result, matrix }) => ({ id, result, matrix }))).toEqual([
      { id: 'plain', result: 'success', matrix: {} },
      { id: 'failing', result: 'failure', matrix: { go: 'one' } },
    ])
    expect(stepOf('failing', 'Main', 'exit 3')?.result).toBe('failure')
  })

  test('the action runs on this Node, with the cache service and nothing of our environment', () => {
    const seen: unknown = JSON.parse(stepOf('plain', 'Main')?.log.split('\n')[0] ?? '')
    expect(seen).toEqual([process.version, '{}', 'http://127.0.0.1:9/', 'org/service', 'undefined'])
    expect(process.version).toMatch(/^v24\./)
  })

  test('post gets state, the job status and the matrix', () => {
    expect(stepOf('plain', 'Post')?.log).toBe('yes success {}')
    expect(stepOf('failing', 'Post')?.log).toBe('yes failure {\n  "go": "one"\n}')
  })

  test('outputs and the checked-out files reach later steps', () => {
    expect(stepOf('plain', 'Main')?.outputs).toEqual({ shape: 'round\nindeed' })
    expect(result.output).toContain('[e2e.yml/plain] go.mod')
    expect(result.output).toContain('indeed')
  })

  test('summaries are kept, per step and all together', () => {
    expect(stepOf('plain', 'Main')?.summary).toBe('# Main\n\ntext\n')
    expect(result.summaries).toEqual(['# Main\n\ntext\n', '# Post\n', '# Main\n\ntext\n', '# Post\n'])
  })

  test('commands are told from the log, and masked values show nowhere in the output', () => {
    const step = stepOf('plain', 'Main')
    expect(step?.log.split('\n').at(-1)).toBe('plain ***')
    expect(step?.commands.at(-1)).toMatchObject({ level: 'warning', file: 'a.go', line: 3 })
    expect(result.output).not.toContain('s3cret')
  })
})

test('a run that takes too long is ended', async () => {
  const sleeping = 'on: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{ run: sleep 60 }] } }'
  const started = performance.now()
  const { exitCode } = await runToy({ workflow: sleeping, timeoutMs: 2_000 })
  expect(exitCode).not.toBe(0)
  expect(performance.now() - started).toBeLessThan(30_000)
})
