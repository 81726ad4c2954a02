import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  addToToolCache,
  allInToolCache,
  findInToolCache,
  goCommandOf,
  withStage,
} from '../../src/platform/tool-cache.ts'
import { isFull } from '../harness/extent.ts'
import { isUnix, otherFileSystem, temporaryFolder, writeFiles } from '../temporary.ts'

const version = '1.24.3'
const { arch } = process
const isRoot = process.getuid?.() === 0
const elsewhere = otherFileSystem()
const files = Array.from({ length: 150 }, (_, index) => `src/${index % 10}/${index}.go`)
const wholeGo = ['bin', 'src', 'VERSION']

/** An empty tool cache, and a function that makes small trees for it. */
function startMachine() {
  const home = temporaryFolder()
  const toolCache = path.join(home, 'tools')
  vi.stubEnv('RUNNER_TOOL_CACHE', toolCache)
  onTestFinished(() => void vi.unstubAllEnvs())
  const folder = path.join(toolCache, 'go', version)
  let count = 0
  return {
    toolCache,
    folder,
    place: path.join(folder, arch),
    /** @param text content of all its files */
    make(text = 'new', parent = home) {
      const root = path.join(parent, `made-${count++}`)
      fill(root, text)
      return root
    },
  }
}

function fill(root: string, text: string): void {
  const command = path.relative(root, goCommandOf(root))
  writeFiles(root, Object.fromEntries([command, 'VERSION', ...files].map((name) => [name, text])))
}

/** The content of the go command of a tree, after checking that all other files have the same. */
function textOf(root: string): string {
  expect(fs.readdirSync(root).sort()).toEqual([...wholeGo].sort())
  const texts = new Set(files.map((name) => fs.readFileSync(path.join(root, name), 'utf8')))
  const text = fs.readFileSync(goCommandOf(root), 'utf8')
  expect([...texts]).toEqual([text])
  return text
}

function age(target: string, minutes: number): void {
  const then = new Date(Date.now() - minutes * 60_000)
  fs.utimesSync(target, then, then)
}

/** The tool cache content of the version when nothing is left over. */
const whole = [arch, `${arch}.complete`]

describe('a Go that is added to the tool cache', () => {
  test('is moved there and found, and nothing else is added', async () => {
    const { folder, place, make } = startMachine()
    const made = make()
    // As archives have it.
    age(made, 60 * 24 * 365)
    expect(await addToToolCache(made, 'go', version)).toEqual({ root: place })
    expect(findInToolCache('go', '1.24')).toEqual({ root: place, version })
    expect(fs.readdirSync(folder)).toEqual(whole)
    expect(textOf(place)).toBe('new')
    expect(fs.existsSync(made)).toBe(false)
    expect(Date.now() - fs.statSync(place).mtimeMs).toBeLessThan(60_000)
  })

  test('is found under its own name only', async () => {
    const { make } = startMachine()
    await addToToolCache(make(), 'go-12345678', version)
    expect(findInToolCache('go', '1.24')).toBeUndefined()
    expect(findInToolCache('go-12345678', '1.24')?.version).toBe(version)
    expect(allInToolCache()).toEqual([])
  })

  test('is not added when another job has added it, however long ago', async () => {
    const { folder, place, make } = startMachine()
    await addToToolCache(make('first'), 'go', version)
    age(place, 60 * 24 * 365)
    const second = make('second')
    expect(await addToToolCache(second, 'go', version)).toEqual({ root: place })
    expect(textOf(place)).toBe('first')
    expect(fs.readdirSync(folder)).toEqual(whole)
  })

  test.runIf(isUnix)('keeps modes, times and links in a rename', async () => {
    const { place, make } = startMachine()
    const made = make()
    const before = decorate(made)
    await addToToolCache(made, 'go', version)
    expect(decorations(place)).toEqual(before)
  })

  test.runIf(elsewhere !== undefined)(
    `keeps modes, times ${isUnix ? 'and links ' : ''}in a copy from another file system`,
    async () => {
      const { folder, place, make } = startMachine()
      const parent = fs.mkdtempSync(path.join(elsewhere ?? '', 'go-deps-test-'))
      onTestFinished(() => fs.rmSync(parent, { recursive: true, maxRetries: 5, force: true }))
      const made = make('far', parent)
      const before = decorate(made)
      expect(await addToToolCache(made, 'go', version)).toEqual({ root: place })
      expect(decorations(place)).toEqual(before)
      expect(textOf(place)).toBe('far')
      expect(fs.readdirSync(folder)).toEqual(whole)
    },
  )
})

/** Gives a tree properties that a copy may lose. */
function decorate(root: string) {
  fs.chmodSync(goCommandOf(root), 0o755)
  fs.chmodSync(path.join(root, 'VERSION'), 0o444)
  // No archive of Go for Windows holds a link.
  if (isUnix) fs.symlinkSync('0/0.go', path.join(root, 'src', 'link'))
  fs.chmodSync(path.join(root, 'src', '3'), 0o750)
  age(goCommandOf(root), 60 * 24)
  return decorations(root)
}

function decorations(root: string) {
  const { mode, mtimeMs } = fs.statSync(goCommandOf(root))
  return {
    mode,
    time: Math.round(mtimeMs / 1000),
    readOnly: fs.statSync(path.join(root, 'VERSION')).mode,
    link: isUnix && fs.readlinkSync(path.join(root, 'src', 'link')),
    folder: fs.statSync(path.join(root, 'src', '3')).mode,
  }
}

describe('the folder to unpack a Go in', () => {
  test.runIf(elsewhere !== undefined)(
    'is in the tool cache if the given one is on another file system, so that a rename is enough',
    async () => {
      const { folder, place } = startMachine()
      const scratch = fs.mkdtempSync(path.join(elsewhere ?? '', 'go-deps-test-'))
      onTestFinished(() => fs.rmSync(scratch, { recursive: true, maxRetries: 5, force: true }))
      const inode = await withStage('go', version, scratch, async (stage) => {
        expect(fs.existsSync(folder), 'it is made only when needed').toBe(false)
        const root = path.join(stage(), 'unpacked', 'go')
        expect(path.dirname(stage())).toBe(folder)
        fill(root, 'new')
        expect(findInToolCache('go', version)).toBeUndefined()
        expect(allInToolCache()).toEqual([])
        const { ino } = fs.statSync(goCommandOf(root))
        expect(await addToToolCache(root, 'go', version)).toEqual({ root: place })
        return ino
      })
      expect(fs.statSync(goCommandOf(place)).ino).toBe(inode)
      expect(fs.readdirSync(folder)).toEqual(whole)
    },
  )

  test.runIf(elsewhere !== undefined)('is removed when the work fails', async () => {
    const { folder } = startMachine()
    const failing = withStage('go', version, elsewhere ?? '', async (stage) => {
      fill(path.join(stage(), 'go'), 'half')
      throw new Error('no network')
    })
    await expect(failing).rejects.toThrow('no network')
    expect(fs.readdirSync(folder)).toEqual([])
  })

  test.each([
    ['is on the same file system', () => undefined],
    ['is the only place', () => vi.stubEnv('RUNNER_TOOL_CACHE', '')],
    ['has a tool cache that cannot be written', (toolCache: string) => fs.writeFileSync(toolCache, '')],
  ])('is the given one if that %s, and then stays', async (_, prepare) => {
    const { toolCache } = startMachine()
    prepare(toolCache)
    const scratch = temporaryFolder()
    expect(await withStage('go', version, scratch, async (stage) => stage())).toBe(scratch)
    expect(fs.existsSync(scratch)).toBe(true)
  })
})

describe('an incomplete Go of another job', () => {
  /** As after an interrupted copy: without its marker file, or with the marker file and without a go command. */
  function leave(place: string, fault: string, minutes: number): void {
    fill(place, 'half')
    fs.writeFileSync(path.join(place, 'half'), '')
    if (fault === 'without a go command') {
      fs.rmSync(path.join(place, 'bin'), { recursive: true, maxRetries: 5 })
      fs.writeFileSync(`${place}.complete`, '')
    }
    age(place, minutes)
  }

  test.each(['without its mark', 'without a go command'])('an hour old, %s, is replaced', async (fault) => {
    const { folder, place, make } = startMachine()
    leave(place, fault, 61)
    expect(await addToToolCache(make(), 'go', version)).toEqual({ root: place })
    expect(textOf(place)).toBe('new')
    expect(fs.readdirSync(folder)).toEqual(whole)
  })

  test.each(['without its mark', 'without a go command'])(
    'of less than an hour, %s, stays, and so does ours',
    async (fault) => {
      const { folder, place, make } = startMachine()
      leave(place, fault, 50)
      const before = fs.readdirSync(folder)
      const made = make()
      const added = await addToToolCache(made, 'go', version)
      expect(added).toEqual({ refused: expect.stringContaining('another job') })
      expect(textOf(made)).toBe('new')
      expect(fs.existsSync(path.join(place, 'half'))).toBe(true)
      expect(fs.readdirSync(folder)).toEqual(before)
    },
  )

  test('is used when the other job completes it a moment later', async () => {
    const { folder, place, make } = startMachine()
    fill(place, 'other')
    setTimeout(() => fs.writeFileSync(`${place}.complete`, ''), 300)
    expect(await addToToolCache(make(), 'go', version)).toEqual({ root: place })
    expect(textOf(place)).toBe('other')
    expect(fs.readdirSync(folder)).toEqual(whole)
  })

  test('in transfer is removed after an hour, and not before', async () => {
    const { folder, make } = startMachine()
    for (const [name, minutes] of [
      ['.new-stale', 61],
      ['.new-fresh', 50],
      ['.new-lock-mips', 61],
    ] as const) {
      fill(path.join(folder, name, 'go'), 'half')
      age(path.join(folder, name), minutes)
    }
    await addToToolCache(make(), 'go', version)
    expect(fs.readdirSync(folder).sort()).toEqual(['.new-fresh', ...whole].sort())
  })

  test('is left to the job that is replacing it', async () => {
    const { folder, place, make } = startMachine()
    leave(place, 'without its mark', 61)
    fs.mkdirSync(path.join(folder, `.new-lock-${arch}`))
    const made = make()
    expect(await addToToolCache(made, 'go', version)).toHaveProperty('refused')
    expect(textOf(made)).toBe('new')
    expect(fs.existsSync(path.join(place, 'half'))).toBe(true)
  })
})

describe('a read-only tool cache', () => {
  test('is reported, and the Go stays where it is', async () => {
    const { toolCache, make } = startMachine()
    fs.writeFileSync(toolCache, '')
    const made = make()
    const refused = expect.stringContaining('the tool cache cannot be written')
    expect(await addToToolCache(made, 'go', version)).toEqual({ refused })
    expect(textOf(made)).toBe('new')
  })

  test.runIf(isUnix && !isRoot)('still provides its content', async () => {
    const { folder, place, make } = startMachine()
    await addToToolCache(make('first'), 'go', version)
    fs.chmodSync(folder, 0o555)
    onTestFinished(() => fs.chmodSync(folder, 0o755))
    expect(await addToToolCache(make('second'), 'go', version)).toEqual({ root: place })
  })

  test('accepts nothing without its marker file: the Go is moved back', async () => {
    const { place, make } = startMachine()
    // A folder in its place stops root as well.
    fs.mkdirSync(`${place}.complete`, { recursive: true })
    fs.writeFileSync(path.join(`${place}.complete`, 'full'), '')
    const made = make()
    expect(findInToolCache('go', version)).toBeUndefined()
    expect(await addToToolCache(made, 'go', version)).toHaveProperty('refused')
    expect(textOf(made)).toBe('new')
    expect(fs.existsSync(place)).toBe(false)
  })

  test('is undefined if RUNNER_TOOL_CACHE is not set', async () => {
    const { make } = startMachine()
    vi.stubEnv('RUNNER_TOOL_CACHE', '')
    expect(await addToToolCache(make(), 'go', version)).toEqual({ refused: 'RUNNER_TOOL_CACHE is not set' })
  })
})

describe('many concurrent jobs that add the same Go to a shared tool cache', { timeout: 120_000 }, () => {
  const source = path.resolve(import.meta.dirname, '../../src/platform/tool-cache.ts')
  const job = [
    `const { addToToolCache } = await import(${JSON.stringify(pathToFileURL(source).href)})`,
    'const [goroot, start] = process.argv.slice(1)',
    // All at the same millisecond.
    'await new Promise((resolve) => setTimeout(resolve, Number(start) - 20 - Date.now()))',
    'while (Date.now() < Number(start)) {}',
    `console.log('result ' + JSON.stringify(await addToToolCache(goroot, 'go', '${version}')))`,
  ].join('\n')

  async function runJob(goroot: string, start: number): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      job,
      goroot,
      String(start),
    ])
    const result = JSON.parse(/^result (.*)$/m.exec(stdout)?.[1] ?? '{}') as { root?: string }
    return result.root ?? stdout
  }

  test.each(['an empty one', 'one with what a killed job left'])('%s', async (kind) => {
    for (let round = 0; round < (isFull ? 4 : 1); round++) {
      const { folder, place, make } = startMachine()
      if (kind !== 'an empty one') {
        fill(place, 'half')
        fs.rmSync(path.join(place, 'src', '1'), { recursive: true, maxRetries: 5 })
        age(place, 90)
      }
      const jobs = Array.from({ length: isFull ? 6 : 4 }, (_, index) => make(`job ${index}`))
      const start = Date.now() + (isFull ? 1500 : 1000)
      const roots = await Promise.all(jobs.map((goroot) => runJob(goroot, start)))
      expect(roots).toEqual(jobs.map(() => place))
      expect(textOf(place)).toMatch(/^job \d$/)
      expect(fs.readdirSync(folder)).toEqual(whole)
    }
  })

  test('in one process', async () => {
    for (let round = 0; round < (isFull ? 20 : 4); round++) {
      const { folder, place, make } = startMachine()
      const jobs = Array.from({ length: 5 }, (_, index) => make(`job ${index}`))
      const added = await Promise.all(jobs.map((goroot) => addToToolCache(goroot, 'go', version)))
      expect(added).toEqual(jobs.map(() => ({ root: place })))
      expect(textOf(place)).toMatch(/^job \d$/)
      expect(fs.readdirSync(folder)).toEqual(whole)
    }
  })
})
