import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { downloadEnvironment } from '../../testbed/environment.ts'
import { actJob, annotations, step } from '../harness/act-job.ts'
import { app, startBed } from '../harness/bed.ts'
import { temporaryFolder } from '../temporary.ts'

const action = '      - uses: org/go-deps-action@v0\n'
const goDeps = 'org/go-deps-action@v0'
const go = (directory: string, ...args: string[]) =>
  execFileSync('go', args, { cwd: directory, env: { ...process.env, ...downloadEnvironment() } })

describe('kinds of repositories', () => {
  test('a committed vendor directory uses no module cache, downloads and exports nothing, and builds', async () => {
    const bed = await startBed()
    const vendored = path.join(temporaryFolder(), 'app')
    cpSync(app, vendored, { recursive: true })
    go(vendored, 'mod', 'vendor')
    await bed.repository(vendored)
    const result = await actJob(
      bed,
      `${action}      - run: go build ./...\n        env:\n          GOPROXY: "off"\n      - name: exported\n        run: env | grep -c mod=vendor || true\n`,
    )
    expect(result.exitCode, result.output).toBe(0)
    expect(bed.proxy.requests).toEqual([])
    expect(result.output).toContain('Dependencies: vendored, so builds need no module cache')
    expect(result.output).not.toContain('Module cache:')
    expect(step(result, 'exported').log.trim()).toBe('0')
    expect(bed.service.entries().map(({ key }) => key.split('-')[0])).toEqual(['godeps.build.v1'])
    expect(
      ['warning', 'error', 'notice'].flatMap((level) => annotations(result, level as 'warning')),
    ).toEqual([])
  })

  test('a module without dependencies logs no warning, and its build cache works', async () => {
    const bed = await startBed()
    await bed.repository(undefined, {
      'go.mod': 'module example.com/small\n\ngo 1.24\n',
      'main.go': 'package main\n\nfunc main() {}\n',
    })
    const steps = `${action}      - name: build\n        run: go build -x . 2>&1 | grep -cE "/compile " || true\n`
    const cold = await actJob(bed, steps)
    const warm = await actJob(bed, steps)
    expect(Number(step(cold, 'build').log)).toBeGreaterThan(10)
    expect(Number(step(warm, 'build').log)).toBe(0)
    expect(step(warm, goDeps).outputs).toMatchObject({ 'modules-cache': 'off', 'build-cache': 'exact' })
    expect(['warning', 'error', 'notice'].flatMap((level) => annotations(warm, level as 'warning'))).toEqual(
      [],
    )
  })

  test('a repository without go.mod logs a notice, and nothing else happens', async () => {
    const bed = await startBed()
    await bed.repository(undefined, { 'README.md': 'no Go here\n' })
    const result = await actJob(bed, action)
    expect(result.exitCode, result.output).toBe(0)
    expect(annotations(result, 'notice').join()).toContain('no go.mod')
    expect(bed.service.requests).toEqual([])
  })

  test('a workspace with two modules is restored and downloaded as one', async () => {
    const bed = await startBed()
    await bed.repository(undefined, {
      'go.work': 'go 1.24\n\nuse (\n\t./app\n\t./lib\n)\n',
      'lib/go.mod': 'module example.com/lib\n\ngo 1.24\n',
      'lib/lib.go': 'package lib\n',
      ...appFiles('app/'),
    })
    const steps = `${action}        with:\n          cache-build: false\n      - run: go list -deps ./app/... > /dev/null\n        env:\n          GOPROXY: "off"\n`
    const cold = await actJob(bed, steps)
    expect(cold.exitCode, cold.output).toBe(0)
    const before = bed.proxy.requests.length
    const warm = await actJob(bed, steps)
    expect(warm.exitCode, warm.output).toBe(0)
    expect(step(warm, goDeps).outputs['cache-hit']).toBe('true')
    expect(bed.proxy.requests.slice(before)).toEqual([])
  })
})

/** The files of the fixture module below another directory. */
function appFiles(prefix: string): Record<string, string> {
  const names = ['go.mod', 'go.sum', 'main.go', 'greet/greet.go']
  return Object.fromEntries(names.map((name) => [prefix + name, readFileSync(path.join(app, name), 'utf8')]))
}
