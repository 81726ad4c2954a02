import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startModuleProxy } from '../../testbed/module-proxy.ts'
import { runProcess } from '../../testbed/process.ts'
import { startDatabaseOf } from '../golden/checksum-database.ts'
import { type MadeModule, madeModule, publish, sumLines } from '../golden/modules.ts'
import { type Bed, startBed } from '../harness/bed.ts'
import { slice } from '../harness/extent.ts'
import { type RunnerJob, runnerJob, said } from '../harness/runner-job.ts'
import { isUnix, writeFiles } from '../temporary.ts'
import { killable } from './killable.ts'
import { keepBundle, oneProxy, output } from './made-bundles.ts'

const a = madeModule('example.com/a', 'v1.0.0')
const b = madeModule('example.com/b', 'v1.1.0', {
  'go.mod': 'module example.com/b\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n',
  'b.go': 'package b\n\nimport _ "example.com/a"\n',
})
const newer = madeModule('example.com/a', 'v1.2.0')
const forked = madeModule('example.org/fork', 'v1.0.0', { 'go.mod': 'module example.com/a\n\ngo 1.21\n' })

/** Starts fixtures with a proxy that serves generated modules. */
async function bedOf(modules: readonly MadeModule[] = [a, b, newer, forked]) {
  const bed = await startBed()
  const served = path.join(bed.folder, 'served')
  for (const module of modules) publish(served, module)
  const proxy = await startModuleProxy({ folder: served })
  onTestFinished(() => proxy.stop())
  return { bed, proxy, env: { ...oneProxy, GOPROXY: proxy.url } }
}

const goMod = (requires: string, name = 'example.com/app') => `module ${name}\n\ngo 1.21\n\n${requires}`
const sums = (...modules: readonly MadeModule[]) => modules.map(sumLines).join('')
const imports = (...names: readonly string[]) =>
  `package app\n\n${names.map((name) => `import _ "${name}"\n`).join('')}`
const plain = {
  'go.mod': goMod('require example.com/b v1.1.0\n\nrequire example.com/a v1.0.0 // indirect\n'),
  'go.sum': sums(a, b),
  'app.go': imports('example.com/b'),
}
const off = { cache: 'false' }

describe('the bundle of', () => {
  const own = (name: string) => ({
    [`${name}/go.mod`]: goMod('require example.com/a v1.0.0\n', `example.com/${name}`),
    [`${name}/go.sum`]: sums(a),
    [`${name}/${name}.go`]: `package ${name}\n\nimport _ "example.com/a"\n`,
  })
  const vendored = {
    ...plain,
    'vendor/modules.txt':
      '# example.com/a v1.0.0\n## explicit; go 1.21\nexample.com/a\n# example.com/b v1.1.0\n## explicit; go 1.21\nexample.com/b\n',
    'vendor/example.com/a/a.go': 'package a\n',
    'vendor/example.com/b/b.go': 'package b\n\nimport _ "example.com/a"\n',
  }
  test.each<[string, Readonly<Record<string, string>>, string, Readonly<Record<string, string>>]>(
    slice(
      [
        [
          'several modules',
          { ...own('x'), ...own('y') },
          'for d in x y; do (cd $d && go list -deps ./... ); done',
          {},
        ],
        [
          'a workspace that selects a newer version',
          { ...own('x'), ...plain, 'go.work': 'go 1.21\n\nuse (\n\t.\n\t./x\n)\n' },
          'go list -deps ./... ./x/...',
          {},
        ],
        ['a vendored module', vendored, 'go list -deps ./... && rm -r vendor && go mod vendor', {}],
        [
          'a module with another go.mod file',
          {
            'go.mod': goMod(''),
            'other.mod': plain['go.mod'],
            'other.sum': plain['go.sum'],
            'app.go': plain['app.go'],
          },
          'go list -deps ./...',
          { GOFLAGS: '-buildvcs=false -modfile=other.mod' },
        ],
        [
          'a module with replacements, without the replacement directory',
          {
            'go.mod': goMod(
              'require (\n\texample.com/a v1.0.0\n\texample.com/local v0.0.0\n)\n\nreplace example.com/a => example.org/fork v1.0.0\n\nreplace example.com/local => ./local\n',
            ),
            'go.sum': sums(forked),
            'app.go': imports('example.com/a', 'example.com/local'),
            'local/go.mod': 'module example.com/local\n\ngo 1.21\n',
            'local/local.go': 'package local\n',
          },
          'go list -deps ./...',
          {},
        ],
        [
          'a module without dependencies',
          { 'go.mod': goMod(''), 'app.go': 'package app\n' },
          'go list ./...',
          {},
        ],
      ],
      2,
    ),
  )('%s suffices to build it', async (_, files, run, env) => {
    const { bed, proxy, env: all } = await bedOf()
    await bed.repository(undefined, files)
    // Apart from names with capitals nothing is packed twice: the replacement directory of a module is not packed.
    const { file } = await keepBundle(bed, { env: { ...all, ...env } })
    const asked = proxy.requests.length
    const used = await runnerJob(bed, {
      with: { ...off, bundle: file },
      env: { ...all, ...env, GOPROXY: 'off' },
      run,
    })
    expect(used.main.exitCode, used.main.stdout).toBe(0)
    expect(used.shell?.exitCode, used.shell?.stderr).toBe(0)
    expect(proxy.requests.length).toBe(asked)
  })
})

describe('bundles are refused before anything changes:', () => {
  const untouched = 'test "$GOPROXY" = off && ! ls -d "$RUNNER_TEMP"/go-deps-bundle-* 2> /dev/null'
  const use = (bed: Bed, file: string, job: RunnerJob = {}) =>
    runnerJob(bed, {
      ...job,
      with: { ...off, bundle: file, ...job.with },
      env: { ...oneProxy, GOPROXY: 'off' },
      run: untouched,
    })

  test('a bundle for another go.sum, naming missing and extra modules', async () => {
    const { bed, env } = await bedOf()
    await bed.repository(undefined, plain)
    const { file } = await keepBundle(bed, { env })
    await bed.repository(undefined, {
      'go.mod': goMod('require example.com/a v1.2.0\n'),
      'go.sum': sums(newer),
      'app.go': imports('example.com/a'),
    })
    const { main, shell } = await use(bed, file)
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error')).toEqual([
      expect.stringMatching(
        /made for another go.sum: missing: example.com\/a@v1.2.0; extra: example.com\/a@v1.0.0, example.com\/b@v1.1.0\. Create it again/,
      ),
    ])
    expect(main.stdout).toContain('example.com/a@v1.2.0  files  missing')
    expect(shell?.exitCode, shell?.stdout).toBe(0)
  })

  test('a bundle with a changed byte, with and without its .sha256 file', async () => {
    const { bed, env } = await bedOf()
    await bed.repository(undefined, plain)
    const { file, sha256 } = await keepBundle(bed, { env })
    appendFileSync(file, '\0')
    const beside = await use(bed, file)
    expect(said(beside.main, 'error').join()).toMatch(
      /whose SHA-256 is [0-9a-f]{64}, but the file deps.bundle.tar.zst.sha256 expects/,
    )
    expect(beside.shell?.exitCode, beside.shell?.stdout).toBe(0)
    const byInput = await use(bed, file, { with: { 'bundle-sha256': sha256 } })
    expect(said(byInput.main, 'error').join()).toMatch(/but input `bundle-sha256` expects/)
  })

  test('output of private modules, into a directory outside the checkout, or under an invalid name', async () => {
    const { bed, env } = await bedOf()
    await bed.repository(undefined, plain)
    const make = (job: RunnerJob) =>
      runnerJob(bed, {
        ...job,
        with: { ...off, 'bundle-output': output, ...job.with },
        env: { ...env, ...job.env },
      })
    const hidden = await make({ env: { GOPRIVATE: 'example.com/b', GONOSUMDB: '' } })
    expect(said(hidden.main, 'error')).toEqual([
      expect.stringMatching(
        /would hold private modules, .*: example.com\/b@v1.1.0\. Set `bundle-private: true` if/,
      ),
    ])
    const planned = await make({ with: { 'dry-run': 'true' } })
    expect(planned.main.stdout).toContain(`Bundle: write ${output}, scope build`)
    expect(existsSync(path.join(planned.places.workspace, 'out'))).toBe(false)
    const wrongName = await make({ with: { 'bundle-output': 'deps.zip' } })
    expect(said(wrongName.main, 'error')).toEqual([
      expect.stringMatching(/Input `bundle-output` is "deps.zip"\. Allowed: .*`\.tar\.zst`/),
    ])
    await bed.repository(undefined, {
      ...plain,
      'go.mod': `${plain['go.mod']}\nreplace example.com/a => ../beside\n`,
    })
    const beside = await make({
      prepare: ({ workspace }) =>
        writeFiles(path.join(workspace, '../beside'), { 'go.mod': a.files['go.mod'] ?? '' }),
    })
    expect(said(beside.main, 'error')).toEqual([
      expect.stringMatching(
        /`replace example.com\/a => ..\/beside` points to a directory outside the checkout/,
      ),
    ])
    for (const { main, places } of [hidden, wrongName, beside]) {
      expect(main.exitCode).toBe(1)
      expect(existsSync(path.join(places.workspace, 'out'))).toBe(false)
    }
    // With `bundle-private` they are packed, and the file may be below RUNNER_TEMP.
    await bed.repository(undefined, plain)
    const target = path.join(bed.folder, 'temp', 'out', 'deps.tar.zst')
    const allowed = await make({
      with: { 'bundle-private': 'true', 'bundle-output': target },
      env: { GOPRIVATE: 'example.com/b', GONOPROXY: 'none', GONOSUMDB: '*' },
    })
    expect(allowed.main.exitCode, allowed.main.stdout).toBe(0)
    expect([allowed.main.outputs['bundle-path'], existsSync(target)]).toEqual([target, true])
  })
})

describe('bundle-check', () => {
  test('reports without a Go whether a bundle suffices', async () => {
    const { bed, env } = await bedOf()
    await bed.repository(undefined, plain)
    const { file } = await keepBundle(bed, { env })
    const check = (job: RunnerJob = {}) =>
      runnerJob(bed, {
        ...job,
        with: { 'bundle-check': file },
        env: { PATH: '/usr/bin:/bin', GOPROXY: 'off' },
      })
    const enough = await check()
    expect(enough.main.exitCode, enough.main.stdout).toBe(0)
    expect(enough.main.stdout).toContain('The bundle contains everything that go.sum and go.mod require.')
    expect(enough.main.summary).toContain('### Bundle: enough for this checkout')
    expect(enough.post.exitCode).toBe(0)

    await bed.repository(undefined, { ...plain, 'go.sum': sums(a, b, newer) })
    const incomplete = await check()
    expect(incomplete.main.exitCode).toBe(1)
    expect(incomplete.main.summary).toMatch(/\| `example.com\/a@v1.2.0` \| files \| missing \|/)
    expect(said(incomplete.main, 'error').join()).toContain('missing: example.com/a@v1.2.0')
    expect(existsSync(incomplete.places.gomodcache)).toBe(false)
  })
})

describe.skipIf(!isUnix || process.platform === 'darwin')(
  'a job that is killed while it writes a bundle',
  () => {
    test('leaves no bundle under its name, or a complete one', async () => {
      // Large enough that writing takes a while.
      const large = Array.from({ length: 8 }, (_, index) =>
        madeModule(`example.com/large${index}`, 'v1.0.0', { 'data.txt': `${index}`.repeat(4_000_000) }),
      )
      const { bed, env } = await bedOf(large)
      await bed.repository(undefined, {
        'go.mod': goMod(large.map(({ path: name, version }) => `require ${name} ${version}\n`).join('')),
        'go.sum': sums(...large),
      })
      const whole = await keepBundle(bed, { env, keepHome: true })
      const folder = path.join(bed.folder, 'kill')
      mkdirSync(folder)
      const outcomes: string[] = []
      for (const afterMs of slice([0, 40, 150, 500, 1200], 3)) {
        const { user, begun } = killable(folder)
        const job = runnerJob(bed, {
          with: { ...off, 'bundle-output': output },
          env,
          keepHome: true,
          user,
        })
        const kill = await begun()
        const place = path.join(bed.folder, 'work', 'app', 'out')
        let isOver = false
        const over = job.then(() => {
          isOver = true
        })
        // As soon as any of it exists.
        while (!isOver && !existsSync(place)) await sleep(1)
        await sleep(afterMs)
        kill()
        // The post step starts as well, and is not killed.
        await begun()
        await over
        const names = existsSync(place) ? readdirSync(place) : []
        outcomes.push(names.join(' '))
        const file = path.join(place, path.basename(output))
        if (existsSync(file)) expect(readFileSync(file).equals(whole.bytes)).toBe(true)
        if (existsSync(`${file}.sha256`)) {
          const { exitCode, stderr } = await runProcess({
            ...{ command: 'sha256sum', args: ['--check', `${file}.sha256`], cwd: place },
            env: { PATH: process.env.PATH ?? '' },
          })
          expect(exitCode, stderr).toBe(0)
        }
      }
      // At least one kill must have left an unfinished file, or the test shows nothing.
      expect(outcomes.join('\n')).toMatch(/\.partial/)
    }, 300_000)
  },
)

test('a changed zip in the module cache is not packed, but downloaded again', async () => {
  const { bed, env } = await bedOf()
  await bed.repository(undefined, plain)
  const right = await keepBundle(bed, { env })
  const zip = 'cache/download/example.com/a/@v/v1.0.0.zip'
  const again = await keepBundle(bed, {
    env,
    keepHome: true,
    // The tree and its hash are unchanged, so nothing else detects it.
    prepare: ({ gomodcache }) =>
      cpSync(path.join(bed.folder, 'served', 'example.com/a/@v/v1.2.0.zip'), path.join(gomodcache, zip)),
  })
  expect(said(again.job.main, 'warning').join()).toMatch(
    /Files of the module cache do not match go.sum and are downloaded again for the bundle: example.com\/a@v1.0.0 \(go.sum: h1:/,
  )
  expect(again.sha256).toBe(right.sha256)
})

test('a bundle holds the checksum database records, and Go asks it for them', async () => {
  const { bed, env } = await bedOf([a])
  const { gosumdb } = await startDatabaseOf(
    path.join(bed.folder, 'database'),
    'example.com/a@v1.0.0',
    sumLines(a),
  )
  await bed.repository(undefined, {
    'go.mod': goMod('require example.com/a v1.0.0\n'),
    'go.sum': sums(a),
    'app.go': imports('example.com/a'),
  })
  const { file } = await keepBundle(bed, {
    with: { 'bundle-sumdb': 'true', 'bundle-scope': 'all' },
    env: { ...env, GONOSUMDB: '', GOSUMDB: gosumdb },
  })
  const [key = ''] = gosumdb.split(' ')
  const used = await runnerJob(bed, {
    with: { ...off, bundle: file },
    env: { GOPROXY: 'off', GONOSUMDB: '', GOSUMDB: key },
    // Without a go.sum, Go trusts only what the database confirms.
    run: 'cp go.sum before.sum && rm go.sum && go mod tidy && cmp go.sum before.sum',
  })
  expect(used.main.exitCode, used.main.stdout).toBe(0)
  expect(used.main.stdout).toContain('the checksum database')
  expect(used.shell?.exitCode, used.shell?.stderr).toBe(0)
})
