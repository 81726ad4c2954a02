import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { runWorkflow } from '../../testbed/act.ts'
import { actJob, annotations, step } from '../harness/act-job.ts'
import { app, type Bed, startBed } from '../harness/bed.ts'
import { temporaryFolder } from '../temporary.ts'

const goDeps = 'org/go-deps-action@v0'
const anyLevel = ['warning', 'error', 'notice'] as const
const keysOf = (bed: Bed, kind: 'modules' | 'build') =>
  bed.service.entries().filter(({ key }) => key.startsWith(`godeps.${kind}.`))

/** Two by two legs, one after the other: they build the same package with different flags. */
const matrix = `
name: e2e
on: push
jobs:
  test:
    strategy:
      max-parallel: 1
      matrix:
        tags: [one, two]
        race: [with, without]
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: ${goDeps}
      - run: go build -tags \${{ matrix.tags }} ./tiny
`

describe('kinds of jobs', () => {
  test('the legs of a 2 × 2 matrix share one module entry, and each has its own build entry', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const run = () =>
      runWorkflow({
        repository: bed.checkedOut,
        workflow: matrix,
        home: temporaryFolder(),
        // Go caches the content of a directory by its time, if that is over two seconds old (cmd/go/internal/modindex).
        // So
        // the speed of the machine would decide whether there is one object more.
        env: { ...bed.goEnvironment, GOFLAGS: '-trimpath -buildvcs=false', GODEBUG: 'goindex=0' },
        cacheEnvironment: bed.service.environment(),
        timeoutMs: 240_000,
      })
    const statusOf = ({ jobs }: Awaited<ReturnType<typeof run>>) =>
      jobs.map(({ steps }) => {
        const outputs = steps.find(({ name, stage }) => stage === 'Main' && name.includes(goDeps))?.outputs
        return [outputs?.['modules-cache'], outputs?.['build-cache']]
      })
    const cold = await run()
    expect(cold.exitCode, cold.output).toBe(0)
    expect(statusOf(cold).map(([modules]) => modules)).toEqual(['miss', 'exact', 'exact', 'exact'])
    expect(keysOf(bed, 'modules'), 'packed once').toHaveLength(1)
    expect(keysOf(bed, 'build')).toHaveLength(4)
    const warm = await run()
    expect(statusOf(warm)).toEqual(Array(4).fill(['exact', 'exact']))
    expect(bed.service.entries(), 'nothing is saved again').toHaveLength(5)
    expect(anyLevel.flatMap((level) => [...annotations(cold, level), ...annotations(warm, level)])).toEqual(
      [],
    )
  })

  test('works inside a composite action, whatever inputs that action has', async () => {
    const bed = await startBed()
    await bed.repository(app, {
      '.github/actions/deps/action.yml': [
        'name: deps',
        'description: Wraps the action.',
        'inputs:',
        '  cache: { default: "false" }',
        '  cache-mode: { default: none }',
        'runs:',
        '  using: composite',
        '  steps:',
        `    - uses: ${goDeps}`,
        '      with:',
        '        cache-build: false',
        '        cache-mode: write',
        '',
      ].join('\n'),
    })
    const steps =
      '      - uses: ./.github/actions/deps\n      - run: GOPROXY=off go list -deps ./... > /dev/null\n'
    const cold = await actJob(bed, steps)
    expect(cold.exitCode, cold.output).toBe(0)
    expect(keysOf(bed, 'modules')).toHaveLength(1)
    const before = bed.proxy.requests.length
    const warm = await actJob(bed, steps)
    expect(warm.exitCode, warm.output).toBe(0)
    expect(bed.proxy.requests.slice(before)).toEqual([])
    expect(anyLevel.flatMap((level) => annotations(warm, level))).toEqual([])
  })

  test('works without git and HOME, as in a bare container', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const folder = temporaryFolder()
    const env = {
      PATH: pathWithout('git', path.join(folder, 'bin')),
      GOPATH: path.join(folder, 'go'),
      GOCACHE: path.join(folder, 'build'),
    }
    const steps = `      - run: '! command -v git'\n      - uses: ${goDeps}\n        env:\n          HOME: ''\n      - run: go build ./tiny\n`
    const cold = await actJob(bed, steps, { env })
    expect(cold.exitCode, cold.output).toBe(0)
    const fresh = path.join(folder, 'fresh')
    const again = { ...env, GOPATH: path.join(fresh, 'go'), GOCACHE: path.join(fresh, 'build') }
    const warm = await actJob(bed, steps, { env: again })
    expect(warm.exitCode, warm.output).toBe(0)
    expect(step(warm, goDeps).outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
  })

  test('vendors, then builds without a network and a module cache', async () => {
    const bed = await startBed()
    const [goMod, goSum] = ['go.mod', 'go.sum'].map((name) => readFileSync(path.join(app, name), 'utf8'))
    // One dependency that compiles fast.
    await bed.repository(undefined, {
      'go.mod': `module example.com/app\n\ngo 1.24\n\nrequire ${/gopkg\.in\/yaml\S* v\S+/.exec(goMod ?? '')?.[0]}\n`,
      'go.sum': goSum ?? '',
      'main.go': 'package main\n\nimport "gopkg.in/yaml.v3"\n\nfunc main() {\n\t_, _ = yaml.Marshal(1)\n}\n',
    })
    const result = await actJob(
      bed,
      [
        `      - uses: ${goDeps}`,
        '        id: deps',
        '        with:',
        '          dependencies: vendor',
        '      - name: build',
        '        run: go build -o /dev/null ./... && echo "changed $CHANGED, $GOFLAGS"',
        '        env:',
        '          GOPROXY: "off"',
        '          GOMODCACHE: /nowhere/at/all',
        '          CHANGED: ${{ steps.deps.outputs.vendor-changed }}',
        '',
      ].join('\n'),
    )
    expect(result.exitCode, result.output).toBe(0)
    expect(step(result, 'build').log).toContain('changed true, -trimpath -buildvcs=false -mod=vendor')
  })
})

/** A PATH with all programs of this one except one and its variants. */
function pathWithout(program: string, folder: string): string {
  mkdirSync(folder, { recursive: true })
  const directories = (process.env.PATH ?? '').split(path.delimiter)
  const seen = new Set(['node'])
  for (const directory of directories) {
    for (const name of namesIn(directory)) {
      if (seen.has(name) || name.startsWith(program)) continue
      seen.add(name)
      symlinkSync(path.join(directory, name), path.join(folder, name))
    }
  }
  return folder
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
