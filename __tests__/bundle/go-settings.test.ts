import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { app, startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'

const modules = { 'cache-build': 'false' }

describe('inputs for go command settings', () => {
  test('apply to this action, and are exported for later steps', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const names = ['GOPROXY', 'GOPRIVATE', 'GONOSUMDB', 'GOVCS', 'GOFLAGS', 'GOTOOLCHAIN', 'GOAUTH']
    const { main, shell } = await runnerJob(bed, {
      // Without the input nothing could be downloaded.
      env: {
        GOPROXY: 'off',
        GONOSUMDB: '',
        GOPRIVATE: 'git.example.com',
        GOFLAGS: '-buildvcs=false -tags=old',
      },
      with: {
        ...modules,
        goproxy: bed.proxy.url,
        goprivate: 'go.example.com/a\ngo.example.com/b',
        gonosumdb: 'go.example.com',
        govcs: 'public:git, private:all',
        goflags: '-tags=new\n-trimpath',
        gotoolchain: 'local',
        goauth: 'netrc',
      },
      run: names.map((name) => `printf '%s\\n' "${name}=$${name}"`).join('\n'),
    })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.stdout).toContain('5 downloaded')
    expect(shell?.stdout.trim().split('\n')).toEqual([
      `GOPROXY=${bed.proxy.url}`,
      'GOPRIVATE=git.example.com,go.example.com/a,go.example.com/b',
      // Without it, GOPRIVATE would have set GONOSUMDB.
      'GONOSUMDB=git.example.com,go.example.com/a,go.example.com/b,go.example.com',
      'GOVCS=public:git,private:all',
      'GOFLAGS=-buildvcs=false -tags=new -trimpath',
      'GOTOOLCHAIN=local',
      'GOAUTH=netrc',
    ])
  })

  test('change nothing when they are omitted', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const print = 'env | grep -E "^GO[A-Z]+=" | sort; echo "$PATH"'
    const { main, shell, places } = await runnerJob(bed, { with: modules, run: print })
    expect(main.exitCode).toBe(0)
    expect(shell?.stdout).not.toMatch(/GOPRIVATE|GONOPROXY|GOVCS|GOAUTH/)
    expect(shell?.stdout).toContain(`GOPROXY=${bed.proxy.url}\n`)
    // Except where `go install` writes commands.
    expect(shell?.stdout).toContain(`\n${path.join(places.home, 'go', 'bin')}${path.delimiter}`)
  })

  test('report all mistakes at once, before anything else happens', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const { main, places } = await runnerJob(bed, {
      with: {
        goproxy: 'https://a.example.com https://b.example.com',
        goprivate: 'https://github.com/acme',
        gosumdb: 'a b c',
        govcs: 'public',
        goauth: 'off;netrc',
        gotoolchain: '1.25',
        goflags: '-tags foo',
      },
    })
    expect(main.exitCode).toBe(1)
    const errors = said(main, 'error')
    const names = ['goproxy', 'goprivate', 'gosumdb', 'govcs', 'goauth', 'gotoolchain', 'goflags']
    for (const name of names) {
      expect(
        errors.filter((error) => error.startsWith(`Input \`${name}\` is "`)),
        name,
      ).toHaveLength(1)
    }
    expect(errors).toHaveLength(names.length)
    expect(existsSync(places.gomodcache)).toBe(false)
    expect(bed.service.requests).toEqual([])
  })

  test('mask a password in goproxy and never log it, even if the value is rejected', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const job = (goproxy: string) =>
      runnerJob(bed, { with: { ...modules, goproxy, 'dry-run': 'true' }, env: { RUNNER_DEBUG: '1' } })
    const taken = await job('https://user:pa55-word@proxy.example.com,off')
    expect(taken.main.exitCode, taken.main.stdout).toBe(0)
    expect(taken.main.log).toContain('GOPROXY=https://***@proxy.example.com,off')
    expect(taken.main.log).not.toContain('pa55-word')
    const refused = await job('http://user:pa55-word@proxy.example.com')
    expect(refused.main.exitCode).toBe(1)
    // Rejected values are masked, too.
    expect(refused.main.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('pa55-word')
  })

  test('are printed but not exported by a dry run', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const { main, shell } = await runnerJob(bed, {
      with: { 'dry-run': 'true', goflags: '-trimpath', dependencies: 'vendor' },
      run: 'echo "flags: $GOFLAGS"; ls',
    })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.log).toContain('GOFLAGS=-buildvcs=false -trimpath -mod=vendor')
    expect(main.log).toMatch(/Dependencies of \.: download.*vendor/)
    expect(shell?.stdout).toContain('flags: -buildvcs=false\n')
    expect(shell?.stdout).not.toContain('vendor')
    expect([bed.proxy.requests, bed.service.requests]).toEqual([[], []])
  })
})
