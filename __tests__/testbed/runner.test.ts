import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseNameValues } from '../../testbed/runner/file-commands.ts'
import { pullRequest, push, type RunEvent } from '../../testbed/runner/github-context.ts'
import { type Job, startJob } from '../../testbed/runner/job.ts'
import { parseCommand } from '../../testbed/runner/workflow-commands.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runner-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const declaration = `
name: toy
description: for tests
inputs:
  plain: { description: p, default: true }
  With Space: { description: s, default: a b }
  no-default: { description: n }
  matrix: { description: m, default: '\${{ toJSON(matrix) }}' }
  job-status: { description: j, default: '\${{ job.status }}' }
runs: { using: node24, main: dist/main.mjs, post: dist/post.mjs, post-if: always() }
`
const prelude = `
import { appendFileSync, readFileSync } from 'node:fs'
const say = (name, text) => appendFileSync(process.env[name], text)
`
const showEnvironment = 'console.log(JSON.stringify(process.env))'

async function start(
  scripts: { main: string; post?: string },
  options: { matrix?: Record<string, unknown>; event?: RunEvent; env?: Record<string, string> } = {},
): Promise<Job> {
  const files = {
    'action/action.yml': declaration,
    'action/dist/main.mjs': prelude + scripts.main,
    'action/dist/post.mjs': prelude + (scripts.post ?? ''),
    'workspace/marker': '',
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return startJob({
    actionDirectory: join(folder, 'action'),
    workspace: join(folder, 'workspace'),
    home: join(folder, 'home'),
    temp: join(folder, 'temp'),
    env: { PATH: process.env.PATH ?? '', ...options.env },
    event: options.event ?? push(),
    cacheEnvironment: { ACTIONS_RESULTS_URL: 'http://127.0.0.1:9/' },
    ...(options.matrix ? { matrix: options.matrix } : {}),
  })
}

const environmentIn = (text: string): Record<string, string> => JSON.parse(text) as Record<string, string>

describe('what a step gets', () => {
  test('inputs: upper case, spaces to underscores, hyphens kept, defaults as written', async () => {
    const job = await start({ main: showEnvironment })
    const env = environmentIn((await job.action({ with: { plain: 'no' } })).stdout)
    expect(env).toMatchObject({
      INPUT_PLAIN: 'no',
      INPUT_WITH_SPACE: 'a b',
      'INPUT_NO-DEFAULT': '',
      INPUT_MATRIX: 'null',
      'INPUT_JOB-STATUS': 'success',
    })
  })

  test('a matrix as indented JSON', async () => {
    const job = await start({ main: showEnvironment }, { matrix: { go: '1.26' } })
    expect(environmentIn((await job.action()).stdout).INPUT_MATRIX).toBe('{\n  "go": "1.26"\n}')
  })

  test('an undeclared input is a warning', async () => {
    const job = await start({ main: '' })
    const { commands } = await job.action({ with: { tpyo: '1' } })
    expect(commands).toEqual([{ level: 'warning', message: "Unexpected input 'tpyo'" }])
  })

  test('a sub-action runs what its own action.yml names, with its own inputs', async () => {
    const job = await start({ main: showEnvironment })
    await mkdir(join(folder, 'action', 'sub'))
    const own = declaration
      .replace('default: true', 'default: sub')
      .replace(/main: .*/, 'main: ../dist/post.mjs }')
    await writeFile(join(folder, 'action', 'sub', 'action.yml'), own)
    await writeFile(join(folder, 'action', 'dist', 'post.mjs'), showEnvironment)
    const { stdout } = await job.action({ folder: 'sub' })
    expect(environmentIn(stdout).INPUT_PLAIN).toBe('sub')
    // It declares no post.
    expect(await job.end()).toEqual([])
  })

  test('a clean environment, the workspace as working directory, no terminal', async () => {
    process.env.LEAKED_FROM_TEST = 'yes'
    const main =
      'console.log(process.env.LEAKED_FROM_TEST, process.cwd(), process.stdout.isTTY, process.version)'
    const { stdout } = await (await start({ main })).action()
    delete process.env.LEAKED_FROM_TEST
    expect(stdout).toBe(`undefined ${join(folder, 'workspace')} undefined ${process.version}\n`)
  })

  test('the event, as variables and as a file', async () => {
    const main = 'console.log(readFileSync(process.env.GITHUB_EVENT_PATH, "utf8"));'
    const event = pullRequest({ branch: 'topic', fork: true })
    const job = await start({ main: main + showEnvironment }, { event })
    const [payload = '', env = ''] = (await job.action()).stdout.split('\n')
    expect(JSON.parse(payload)).toEqual(event.payload)
    expect(environmentIn(env)).toMatchObject({
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: 'refs/pull/7/merge',
      GITHUB_REF_NAME: '7/merge',
      GITHUB_HEAD_REF: 'topic',
      GITHUB_BASE_REF: 'main',
      GITHUB_WORKSPACE: join(folder, 'workspace'),
      RUNNER_TEMP: join(folder, 'temp'),
    })
  })

  test('the cache service is for actions, not for shell steps', async () => {
    const job = await start({ main: showEnvironment })
    expect(environmentIn((await job.action()).stdout).ACTIONS_RESULTS_URL).toBe('http://127.0.0.1:9/')
    expect((await job.shell('env')).stdout).not.toContain('ACTIONS_')
  })
})

describe('what a step hands on', () => {
  test('environment, path, outputs and summary', async () => {
    const main = `
      say('GITHUB_ENV', 'ONE=1=1\\nMANY<<END\\na\\n\\nb\\nEND\\n')
      say('GITHUB_PATH', '/first\\n')
      say('GITHUB_PATH', '/second\\n')
      say('GITHUB_OUTPUT', 'shape=round\\n')
      say('GITHUB_STEP_SUMMARY', '# Done\\n')`
    const job = await start({ main }, { env: { ONE: 'job' } })
    const { outputs, summary, failed } = await job.action()
    expect({ outputs, summary, failed }).toEqual({
      outputs: { shape: 'round' },
      summary: '# Done\n',
      failed: false,
    })
    const shell = await job.shell('echo "$ONE|$MANY|$PATH"')
    expect(shell.stdout).toBe(`1=1|a\n\nb|/second:/first:${process.env.PATH}\n`)
  })

  test('an unreadable command file, NODE_OPTIONS and a summary over 1 MiB are errors', async () => {
    const main = `
      say('GITHUB_OUTPUT', 'open<<END\\nvalue\\n')
      say('GITHUB_ENV', 'NODE_OPTIONS=--trace-warnings\\nKEPT=yes\\n')
      say('GITHUB_STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1))`
    const job = await start({ main })
    const step = await job.action()
    expect(step).toMatchObject({ exitCode: 0, failed: true, outputs: {}, summary: '' })
    expect(step.commands.map(({ level }) => level)).toEqual(['error', 'error', 'error'])
    expect((await job.shell('echo "$KEPT $NODE_OPTIONS"')).stdout).toBe('yes \n')
  })

  test('state reaches the own post only', async () => {
    const main = "say('GITHUB_STATE', 'key=' + process.env.INPUT_PLAIN + '\\n')"
    const job = await start({ main, post: 'console.log(process.env.STATE_key)' })
    const first = await job.action({ with: { plain: 'first' } })
    await job.action({ with: { plain: 'second' } })
    expect(first.stdout).toBe('')
    const posts = await job.end()
    expect(posts.map(({ stdout }) => stdout)).toEqual(['second\n', 'first\n'])
  })

  test('no command file outlives its step', async () => {
    const job = await start({ main: "say('GITHUB_ENV', 'A=1\\n')" })
    await job.action()
    expect(await readdir(join(folder, 'temp', '_runner_file_commands'))).toEqual([])
  })
})

describe('the end of a job', () => {
  const post = 'console.log(process.env["INPUT_JOB-STATUS"])'
  const statusAfter = async (job: Job, status?: string): Promise<string | undefined> =>
    (await job.end(status === undefined ? {} : { status }))[0]?.stdout.trim()

  test('post runs after a failed main and sees the failure', async () => {
    const job = await start({ main: 'process.exit(3)', post })
    expect(await job.action()).toMatchObject({ exitCode: 3, failed: true })
    expect(await statusAfter(job)).toBe('failure')
  })

  test('post sees the failure of a later step', async () => {
    const job = await start({ main: '', post })
    await job.action()
    expect((await job.shell('false; echo not reached')).stdout).toBe('')
    expect(await statusAfter(job)).toBe('failure')
  })

  test('post sees success, or what the caller says', async () => {
    const job = await start({ main: '', post })
    await job.action()
    expect(await statusAfter(job)).toBe('success')
    await job.action()
    expect(await statusAfter(job, 'cancelled')).toBe('cancelled')
  })

  test('an aborted step is interrupted, and the job counts as cancelled', async () => {
    const main = `
      process.on('SIGINT', () => process.exit(7))
      appendFileSync('ready', '')
      setInterval(() => {}, 1e6)`
    const job = await start({ main, post })
    const cancellation = new AbortController()
    const step = job.action({ signal: cancellation.signal })
    await expect.poll(() => existsSync(join(folder, 'workspace', 'ready')), { timeout: 20_000 }).toBe(true)
    cancellation.abort()
    expect(await step).toMatchObject({ exitCode: 7, failed: true })
    expect(await statusAfter(job)).toBe('cancelled')
  })
})

describe('output', () => {
  test('commands from both streams, the rest as log', async () => {
    const main = `
      console.log('plain')
      console.log('  ::warning file=a.go,line=3,title=A%3A B::careful%0Asecond 100%25')
      console.error('::error::bad')
      console.log('::unknown::stays')`
    const { commands, log } = await (await start({ main })).action()
    expect(commands).toContainEqual({
      level: 'warning',
      message: 'careful\nsecond 100%',
      file: 'a.go',
      line: 3,
      title: 'A: B',
    })
    expect(commands).toContainEqual({ level: 'error', message: 'bad' })
    expect(log).toBe('plain\n::unknown::stays')
  })

  test('masks hide whole values and their lines, in this step and in later ones', async () => {
    const main = `
      console.log('::add-mask::s3cret%0Aline2')
      console.log('the s3cret is out, line2 too')
      console.log('::notice::s3cret')
      say('GITHUB_STEP_SUMMARY', 'with s3cret')`
    const job = await start({ main })
    const { log, commands, summary } = await job.action()
    expect(log).toBe('the *** is out, *** too')
    expect(commands.at(-1)).toEqual({ level: 'notice', message: '***' })
    expect(summary).toBe('with ***')
    expect((await job.shell('echo s3cret')).log).toBe('***')
  })

  test('stop-commands makes commands plain text until its token', async () => {
    const main = "console.log('::stop-commands::tok\\n::error::quoted\\n::tok::\\n::error::real')"
    const { commands, log } = await (await start({ main })).action()
    expect(commands).toEqual([{ level: 'error', message: 'real' }])
    expect(log).toBe('::error::quoted')
  })
})

test.each([
  ['::debug::', { level: 'debug', message: '' }],
  ['::ERROR title=::x', { level: 'error', message: 'x' }],
  ['a ##[Error file=a%3Bb;line=2]x%5D', { level: 'error', message: 'x]', file: 'a;b', line: 2 }],
  ['##[unknown]x', undefined],
  ['::error no end', undefined],
  ['text ::error::x', undefined],
])('the line %s', (line, command) => {
  expect(parseCommand(line)).toEqual(command)
})

test.each([
  ['no sign', /Invalid format/],
  ['=value', /Name must not be empty/],
  ['name<<', /delimiter must not be empty/],
  ['name<<END\nvalue\n', /delimiter not found/],
])('the file content %j is refused', (text, message) => {
  expect(() => parseNameValues(text)).toThrow(message)
})

test.each([
  ['win32', 'a\nb\r\nc\r'],
  ['linux', 'a\nb\r\nc\r'],
] as const)('a block keeps the line breaks of its value on %s', (system, value) => {
  const end = system === 'win32' ? '\r\n' : '\n'
  const text = ['d<<END', value, 'END', 'e<<END', 'END', 'f=g', ''].join(end)
  expect([...parseNameValues(text, system)]).toEqual([
    ['d', value],
    ['e', ''],
    ['f', 'g'],
  ])
})

test('a value may contain what looks like a block, and a block what looks like a value', () => {
  const text = 'a=b<<c\nd<<END\ne=f\n<<\nEND\ng='
  expect([...parseNameValues(text)]).toEqual([
    ['a', 'b<<c'],
    ['d', 'e=f\n<<'],
    ['g', ''],
  ])
})
