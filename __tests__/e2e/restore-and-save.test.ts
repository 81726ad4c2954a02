import { describe, expect, test } from 'vitest'
import { actJob, annotations, step } from '../harness/act-job.ts'
import { app, startBed } from '../harness/bed.ts'

const action = '      - uses: org/go-deps-action@v0\n        id: deps\n'
const goDeps = 'org/go-deps-action@v0'
const zips = (requests: readonly { readonly kind: string; readonly module: string }[]) =>
  requests.filter(({ kind }) => kind === 'zip').map(({ module }) => module)

describe('a real module on a real runner', () => {
  test('a cold run saves; a warm run builds and tests offline without one compile action', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const cold = await actJob(bed, `${action}      - run: go build ./... && go vet ./... && go test ./...\n`)
    expect(cold.exitCode, cold.output).toBe(0)
    expect(step(cold, goDeps).outputs).toMatchObject({
      'cache-hit': 'false',
      'modules-cache': 'miss',
      'build-cache': 'miss',
    })
    expect(zips(bed.proxy.requests).sort()).toEqual([
      'github.com/google/uuid',
      'github.com/inconshreveable/mousetrap',
      'github.com/spf13/cobra',
      'github.com/spf13/pflag',
      'gopkg.in/yaml.v3',
    ])
    expect(bed.service.entries().map(({ key }) => key.split('-')[0])).toEqual(
      expect.arrayContaining(['godeps.modules.v1', 'godeps.build.v1']),
    )
    expect(cold.summaries.join('\n')).toMatch(/saved for the next run: module cache .*, build cache /)

    const before = bed.proxy.requests.length
    const warm = await actJob(
      bed,
      [
        action,
        '      - name: offline\n',
        '        env:\n          GOPROXY: "off"\n',
        '        run: |\n',
        '          go build -x ./... 2> trace.txt\n',
        '          go test -x ./... 2>> trace.txt\n',
        '          echo "lines: $(wc -l < trace.txt), compiled: $(grep -cE "/compile(\\.exe)? " trace.txt)"\n',
        '          go version\n',
      ].join(''),
    )
    expect(warm.exitCode, warm.output).toBe(0)
    expect(step(warm, 'offline').log).toMatch(/lines: [1-9]\d*, compiled: 0\b/)
    expect(bed.proxy.requests.slice(before)).toEqual([])
    const { outputs } = step(warm, goDeps)
    expect(outputs).toMatchObject({ 'cache-hit': 'true', 'modules-cache': 'exact', 'build-cache': 'exact' })
    expect(outputs['modules-cache-matched-key']).toContain(`${outputs['modules-cache-key']}-`)
    expect(outputs['build-cache-matched-key']).toContain(`${outputs['build-cache-key']}-`)
    expect(step(warm, 'offline').log).toContain(`go${outputs['go-version']}`)
    expect(outputs.gomodcache).toMatch(/pkg.mod$/)
    expect(outputs.gocache).toMatch(/go-build$/)
    expect(bed.service.entries()).toHaveLength(2)
    expect(annotations(warm, 'warning')).toEqual([])
  })

  test('an entry without one module: only that one is downloaded, and the next entry has it', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const modulesOnly = `${action}        with:\n          cache-build: false\n`
    // Main downloads everything; the job removes one module before the entry is packed.
    const taken = [
      '      - run: |\n',
      '          chmod -R u+w "$(go env GOMODCACHE)"\n',
      '          rm -rf "$(go env GOMODCACHE)"/github.com/google/uuid@* "$(go env GOMODCACHE)"/cache/download/github.com/google/uuid\n',
    ].join('')
    expect((await actJob(bed, modulesOnly + taken)).exitCode).toBe(0)
    const before = bed.proxy.requests.length
    const second = await actJob(bed, modulesOnly)
    expect(second.exitCode, second.output).toBe(0)
    expect(zips(bed.proxy.requests.slice(before))).toEqual(['github.com/google/uuid'])
    expect(second.output).toContain('Dependencies: 1 downloaded')
    const after = bed.proxy.requests.length
    const third = await actJob(bed, modulesOnly)
    expect(third.exitCode, third.output).toBe(0)
    expect(bed.proxy.requests.slice(after)).toEqual([])
  })

  test('a job with its own `go mod download` requests no zip in its third run', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const steps = `${action}        with:\n          cache-build: false\n      - run: go mod download\n`
    const asked: number[] = []
    for (const _ of [1, 2, 3]) {
      const before = bed.proxy.requests.length
      const result = await actJob(bed, steps)
      expect(result.exitCode, result.output).toBe(0)
      asked.push(zips(bed.proxy.requests.slice(before)).length)
    }
    expect(asked).toEqual([5, 5, 0])
  })

  test('a download of the job changes neither go.mod nor go.sum', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const steps = `${action}        with:\n          cache: false\n      - name: status\n        run: git status --porcelain\n`
    const result = await actJob(bed, steps)
    expect(result.exitCode, result.output).toBe(0)
    expect(step(result, 'status').log.trim()).toBe('')
    expect(step(result, goDeps).outputs).toMatchObject({ 'modules-cache': 'off', 'build-cache': 'off' })
    expect(bed.service.requests).toEqual([])
  })

  test('two uses in one job: the second finds everything, and each entry is stored once', async () => {
    const bed = await startBed()
    await bed.repository(app)
    await actJob(bed, `${action}      - run: go build ./tiny\n`)
    const twice = await actJob(bed, `${action}      - uses: org/go-deps-action@v0\n        name: again\n`)
    expect(twice.exitCode, twice.output).toBe(0)
    expect(twice.output).toContain('Module cache: already on this machine')
    expect(twice.output).toContain('Build cache: already on this machine')
    expect(bed.service.entries()).toHaveLength(2)
  })

  test('a failing job saves its modules but not its build', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const result = await actJob(bed, `${action}      - run: go build ./tiny && exit 3\n`)
    expect(result.exitCode).not.toBe(0)
    expect(bed.service.entries().map(({ key }) => key.split('-')[0])).toEqual(['godeps.modules.v1'])
    expect(result.output).toContain('Build cache: not saved, the job failed')
  })
})
