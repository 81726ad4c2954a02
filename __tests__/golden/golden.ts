import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { explainGo } from '../../src/gocmd/explain/explain.ts'
import type { Explanation } from '../../src/gocmd/explain/message.ts'
import { type ModuleProxy, startModuleProxy } from '../../testbed/module-proxy.ts'
import type { User } from '../../testbed/process.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'
import { type GoChoice, goChoices, type InstalledGo, installedGo, runGo } from './go.ts'
import { type MadeModule, publish } from './modules.ts'

/** With GO_DEPS_RECORD=1 the tests first record the output of Go; never in CI. */
const recording = process.env.GO_DEPS_RECORD === '1' && process.env.CI === undefined
const texts = path.join(import.meta.dirname, 'texts')
/** The oldest Go has its own file only if its output differs. */
const suffixes: Readonly<Record<GoChoice, string>> = { oldest: '.go1.21.txt', current: '.txt' }

let installed: Promise<readonly InstalledGo[]> | undefined

/** One shared build cache: creating one takes longer than most failures. */
const buildCache = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-golden-'))
afterAll(() => rmSync(buildCache, { recursive: true, maxRetries: 5, force: true }))

/** The surroundings of a failing go command. */
export interface Scene {
  /** Absolute path of the folder that holds everything; `<dir>` in the golden files. */
  readonly folder: string
  /** Folder of the files, in which Go runs. */
  readonly work: string
  /** Folder that the go command may write to. */
  readonly state: string
  /** The server of the modules. */
  readonly proxy: ModuleProxy
}

/** Requirements of a failure besides files and modules. */
export interface Arranged {
  readonly env?: Readonly<Record<string, string>>
  readonly user?: User | undefined
}

/** A failing go command, and the explanation of its output. */
export interface Failure {
  /** Text by path below the folder where Go runs. */
  readonly files?: Readonly<Record<string, string>>
  /** Modules of the module proxy. */
  readonly modules?: readonly MadeModule[]
  readonly args: readonly string[]
  /** Working directory of Go, below that folder. */
  readonly cwd?: string
  readonly arrange?: (scene: Scene) => Arranged | Promise<Arranged>
  /** Returns GOPROXY for explainGo, from the URL of the module proxy. */
  readonly goproxy?: (proxy: string) => string
  /** One explanation for both, unless they differ; undefined for a Go that does not fail here. */
  readonly explained: Explanation | Readonly<Record<GoChoice, Explanation | undefined>>
}

/**
 * Tests that a failing go command prints the golden files `texts/NAME.txt` and `texts/NAME.go1.21.txt` with both
 * versions,
 * and that the explanation of this output is as given.
 * In the texts of both, `<dir>`, `<proxy>`, `<port>`, `<go>`, `<platform>` and `<hash>` stand for values that differ
 * from run to run or from machine to machine.
 */
export function failingGo(name: string, title: string, failure: Failure): void {
  test.runIf(process.platform === 'linux')(title, async () => {
    installed ??= Promise.all(goChoices.map(installedGo))
    const [oldest, current] = await Promise.all((await installed).map((go) => play(go, failure)))
    if (oldest === undefined || current === undefined) throw new Error('there are two versions of Go')
    if (recording) record(name, { oldest: oldest.words, current: current.words })
    for (const ran of [current, oldest]) {
      expect(ran.words, `what ${ran.choice} Go prints`).toBe(recorded(name, ran.choice))
      const explained = 'title' in failure.explained ? failure.explained : failure.explained[ran.choice]
      expect(ran.explained, `explained for ${ran.choice} Go`).toEqual(explained)
    }
  })
}

async function play(go: InstalledGo, failure: Failure) {
  const folder = temporaryFolder()
  const scene = { folder, work: path.join(folder, 'work'), state: path.join(folder, 'state') }
  const { files = {}, modules = [], args, cwd = '.', goproxy } = failure
  // Otherwise a child of the go command continues writing there after it ends (https://go.dev/doc/telemetry).
  writeFiles(scene.state, { '.config/go/telemetry/mode': 'off' })
  mkdirSync(scene.work)
  writeFiles(scene.work, files)
  for (const module of modules) publish(path.join(folder, 'served'), module)
  const proxy = await startModuleProxy({ folder: path.join(folder, 'served') })
  onTestFinished(proxy.stop)
  const arranged = (await failure.arrange?.({ ...scene, proxy })) ?? {}
  const { exitCode, stderr } = await runGo(go, {
    args,
    cwd: path.join(scene.work, cwd),
    state: scene.state,
    env: {
      GOPROXY: proxy.url,
      // Another user could not write to files of the first one.
      ...(arranged.user === undefined ? { GOCACHE: buildCache } : {}),
      ...arranged.env,
    },
    user: arranged.user,
  })
  const steady = (text: string): string =>
    text
      // Ssh ends its lines as for terminals.
      .replaceAll('\r\n', '\n')
      .replaceAll(proxy.url, '<proxy>')
      .replaceAll(folder, '<dir>')
      .replaceAll(/\b127\.0\.0\.1(\]?:| port )\d+/g, '127.0.0.1$1<port>')
      .replaceAll(/ -p \d+(?= 127\.)/g, ' -p <port>')
      .replaceAll(/\bSHA256:[\w+/]{43}/g, 'SHA256:<hash>')
      .replaceAll(go.version, '<go>')
      .replaceAll(go.platform, '<platform>')
      .replaceAll(go.platform.replace('/', '-'), '<platform>')
      .replaceAll(/\b[0-9a-f]{64}\b/g, '<hash>')
      // The text of git depends on the library that its libcurl was built with.
      .replaceAll(/(unable to access '[^']*': ).*certificate.*/gi, '$1<no trust in its certificate>')
  const goFiles = Object.entries(files).filter(([file]) => /(^|\/)go\.(mod|work)$/.test(file))
  const explained = explainGo(stderr, {
    modules: goFiles.map(([file, text]) => ({ file, text })),
    ...(goproxy === undefined ? {} : { goproxy: goproxy(proxy.url) }),
  })
  return {
    choice: go.choice,
    words: exitCode === 0 ? 'no failure\n' : steady(stderr),
    explained: explained && (JSON.parse(steady(JSON.stringify(explained))) as Explanation),
  }
}

function record(name: string, words: Readonly<Record<GoChoice, string>>): void {
  rmSync(path.join(texts, name + suffixes.oldest), { force: true })
  writeFiles(texts, { [name + suffixes.current]: words.current })
  if (words.oldest !== words.current) writeFiles(texts, { [name + suffixes.oldest]: words.oldest })
}

function recorded(name: string, choice: GoChoice): string {
  const own = path.join(texts, name + suffixes[choice])
  return readFileSync(existsSync(own) ? own : path.join(texts, name + suffixes.current), 'utf8')
}
