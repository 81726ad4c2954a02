import { existsSync, mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { runProcess } from '../../testbed/process.ts'
import { Masks, StepOutput } from '../../testbed/runner/workflow-commands.ts'
import { app, root, startBed } from '../harness/bed.ts'
import { runnerJob } from '../harness/runner-job.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

test('output of a module proxy is logged, and never interpreted as a command', async () => {
  const bed = await startBed()
  await bed.repository(app)
  // Go prints it line by line after a tab, and omits it entirely if it holds an unprintable character.
  const body = 'not here\n::add-mask::github\n  ::stop-commands::x\nand ##[error]two'
  bed.proxy.fail({ kind: 'zip', module: 'github.com/google/uuid', status: 404, body })
  const { main } = await runnerJob(bed, { with: { 'cache-build': 'false' } })
  expect(main.exitCode).toBe(1)
  // The cache client has its own masks.
  const masks = main.commands.filter(({ level }) => level === 'add-mask')
  expect(masks.map(({ message }) => message)).not.toContain('github')
  const levels = new Set(main.commands.map(({ level }) => level))
  expect([...levels].filter((level) => !['debug', 'add-mask'].includes(level)).sort()).toEqual([
    'add-matcher',
    'endgroup',
    'error',
    'group',
  ])
  for (const { message } of main.commands.filter(({ level }) => level === 'error'))
    expect(message).toContain('github.com/google/uuid')
  expect(main.commands.at(-1)?.level).toBe('endgroup')
  expect(main.log).toMatch(
    /not here\n\t\\::add-mask::github\n\t *\\::stop-commands::x\n\tand ##\\\[error\]two/,
  )
})

test('post tolerates invalid state, removes no files of others, and continues', async () => {
  const temp = temporaryFolder()
  const [victim, outside] = [
    path.join(temp, 'go-deps-victim'),
    path.join(temporaryFolder(), 'go-deps-bundle-x'),
  ]
  const own = path.join(temp, 'go-deps-certificates-x')
  for (const folder of [victim, outside, own]) mkdirSync(folder)
  writeFiles(temp, { env: '' })
  const folderState = (folder: string, given = {}) => JSON.stringify({ folder, given, before: {} })
  const { exitCode, stdout, stderr } = await runProcess({
    command: process.execPath,
    args: [path.join(root, 'dist/post.mjs')],
    cwd: temp,
    env: {
      RUNNER_TEMP: temp,
      GITHUB_ENV: path.join(temp, 'env'),
      STATE_state: JSON.stringify({ version: 1, folder: victim, save: 'yes', why: '::error::x' }),
      STATE_ssh: '{"folder":',
      STATE_credentials: folderState(victim),
      STATE_bundle: folderState(`${temp}/go-deps-bundle-x/../../${path.basename(path.dirname(outside))}`),
      STATE_certificates: folderState(own),
    },
  })
  const output = new StepOutput(new Masks())
  for (const line of stdout.trimEnd().split('\n')) output.take(line)
  expect({ exitCode, stderr, commands: output.commands }).toEqual({ exitCode: 0, stderr: '', commands: [] })
  expect(output.log.split('\n')).toEqual([
    'Nothing is removed for ssh: the state from the main step cannot be read.',
    'Nothing is removed for credentials: the state from the main step cannot be read.',
    'Nothing is saved: the state from the main step cannot be read.',
    'Nothing is removed for bundle: the state from the main step cannot be read.',
  ])
  expect([victim, outside, own].map((folder) => existsSync(folder))).toEqual([true, true, false])
})
