import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { filesBelow } from '../../src/platform/files.ts'
import { startLockedProxy } from '../../testbed/locked-proxy.ts'
import { type GoChoice, installedGo } from '../golden/go.ts'
import { makeCertificate } from '../golden/self-signed.ts'
import { app, startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'

const token = 'eyJhbGciOi.JIUzI1NiJ9+x/y=.secret'
const forms = [token, encodeURIComponent(token), Buffer.from(token).toString('base64')]
const holds = (text: string) => forms.some((form) => text.includes(form))

/** A module proxy that requires a bearer token, and a job that has one. */
async function behindToken(choice: GoChoice) {
  const bed = await startBed()
  const goMod = readFileSync(path.join(app, 'go.mod'), 'utf8').replace('go 1.24', 'go 1.21')
  await bed.repository(app, { 'go.mod': goMod })
  const { key, certificate, file } = await makeCertificate(bed.folder)
  const proxy = await startLockedProxy({ key, certificate, target: bed.proxy.url, bearer: token })
  onTestFinished(() => proxy.stop())
  const { program } = await installedGo(choice)
  return {
    bed,
    proxy,
    with: {
      credentials: `${proxy.host} bearer:${token}`,
      goproxy: `https://${proxy.host}`,
      'ca-certificate': file,
      'cache-build': 'false',
      'export-credentials': 'true',
    },
    env: { PATH: `${path.dirname(program)}:${process.env.PATH}`, RUNNER_DEBUG: '1' },
  }
}

test('a bearer token opens a module proxy, reaches later steps only as a path, and is removed when the job ends', async () => {
  const { bed, env, with: inputs } = await behindToken('current')
  const { main, shell, post } = await runnerJob(bed, {
    with: { ...inputs, goauth: 'netrc' },
    env,
    temp: path.join(bed.folder, 'a temp'),
    run: 'env && GOMODCACHE="$RUNNER_TEMP/second" go mod download -modcacherw github.com/google/uuid && rm -rf "$RUNNER_TEMP/second"',
  })
  expect(main.exitCode, main.log).toBe(0)
  expect(main.stdout).toContain('5 downloaded')
  expect(shell?.exitCode, `${shell?.stdout}${shell?.stderr}`).toBe(0)
  expect(shell?.stdout).toMatch(/^GOAUTH=\S*node "[^"]+\/a temp\/go-deps-credentials-[^"]+"; netrc$/m)
  expect(post.exported).toMatchObject({ GOAUTH: 'netrc', NETRC: '' })
  const said = [main.stdout, shell?.stdout ?? '', post.stdout]
  expect(said.filter((text) => holds(text.replaceAll(/^::add-mask::.*$/gm, '')))).toEqual([])
  const left = filesBelow(bed.folder).filter((file) =>
    holds(readFileSync(path.join(bed.folder, file), 'latin1')),
  )
  expect(left).toEqual([])
})

test('a wrong bearer token is reported by the form of its line, without its text', async () => {
  const { bed, proxy, env, with: inputs } = await behindToken('current')
  const wrong = { ...inputs, credentials: `${proxy.host} bearer:${token}.another` }
  const { main } = await runnerJob(bed, { with: wrong, env })
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error')[0]).toMatch(/answered 401 Unauthorized.* bearer:/)
  expect(holds(main.stdout.replaceAll(/^::add-mask::.*$/gm, ''))).toBe(false)
})

test('a Go that cannot send a bearer token is reported before anything is downloaded', async () => {
  const { bed, env, with: inputs } = await behindToken('oldest')
  const { main, shell } = await runnerJob(bed, { with: inputs, env, run: 'ls "$RUNNER_TEMP"' })
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error')).toEqual([
    expect.stringMatching(/bearer token in line 1, but go1\.21\.\d+ cannot send it.*Use Go 1\.24/),
  ])
  expect(bed.proxy.requests).toEqual([])
  expect(shell?.stdout).not.toContain('go-deps-credentials')
})

test('a path in the line of a proxy is reported where Go does not support paths', async () => {
  const { bed, proxy, env, with: inputs } = await behindToken('oldest')
  const { main } = await runnerJob(bed, {
    with: { ...inputs, credentials: `${proxy.host}/golang.org me ${token}` },
    env,
  })
  expect(main.exitCode).toBe(1)
  expect(said(main, 'warning').join()).toMatch(/path in line 1, but go1\.21\.\d+ looks up credentials/)
})
