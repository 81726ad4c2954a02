import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { startGitServer } from '../../testbed/git-server.ts'
import { startLockedProxy } from '../../testbed/locked-proxy.ts'
import { pullRequest, push } from '../../testbed/runner/github-context.ts'
import { goChoices, installedGo } from '../golden/go.ts'
import { madeModule, sumLines } from '../golden/modules.ts'
import { makeCertificate } from '../golden/self-signed.ts'
import { app, type Bed, startBed } from '../harness/bed.ts'
import { slice } from '../harness/extent.ts'
import { leaks as leaksOf, secretForms } from '../harness/leaks.ts'
import { type RunnerJob, runnerJob, said } from '../harness/runner-job.ts'
import { writeFiles } from '../temporary.ts'

const [one, other] = ['github.com/acme/one', 'github.com/other/two'].map((name) =>
  madeModule(name, 'v1.0.0'),
) as [ReturnType<typeof madeModule>, ReturnType<typeof madeModule>]
const [acme, others] = ['ghp_Acme+Secret/1234567890', 'ghp_OtherSecret1234567890']

/** Private repositories of two owners, each behind its own token, at an address that git rewrites from github.com. */
async function privateRepositories(bed: Bed) {
  const repositories = path.join(bed.folder, 'private')
  for (const module of [one, other]) {
    const [source, repository] = ['source', 'served'].map((kind) =>
      path.join(
        kind === 'served' ? repositories : path.join(bed.folder, kind),
        module.path.replace('github.com/', ''),
      ),
    ) as [string, string]
    writeFiles(source, module.files)
    mkdirSync(path.dirname(repository), { recursive: true })
    await createRepository(source, repository)
    await git(repository, 'tag', 'v1.0.0')
  }
  const { key, certificate, file } = await makeCertificate(bed.folder)
  const passwords = { acme: `x-access-token:${acme}`, other: `me:${others}` }
  const server = await startGitServer({ folder: repositories, key, certificate, passwords })
  onTestFinished(() => server.stop())
  await bed.repository(undefined, {
    'go.mod': `module example.com/app\n\ngo 1.21\n\nrequire (\n\t${one.path} v1.0.0\n\t${other.path} v1.0.0\n)\n`,
    'go.sum': [one, other].map(sumLines).join(''),
    'app.go': `package app\n\nimport _ "${one.path}"\nimport _ "${other.path}"\n`,
  })
  return {
    server,
    env: {
      // As a workflow may have set it for another purpose.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.https://${server.host}/.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://github.com/',
    },
    authority: readFileSync(file, 'utf8'),
    lines: `${server.host}/acme ${acme}\n${server.host}/other me ${others}`,
  }
}

const private_ = { goprivate: 'github.com/acme,github.com/other', 'cache-build': 'false' }
const forms = [acme, others].flatMap((secret) => secretForms(secret, ['x-access-token', 'me', 'robot']))
const leaks = (texts: readonly string[], folders: readonly string[]) => leaksOf(forms, texts, folders)

describe('credentials', () => {
  test('open private modules of several owners with their own tokens, and leave nothing behind', async () => {
    const bed = await startBed()
    const { server, env, lines, authority } = await privateRepositories(bed)
    const { main, shell, post } = await runnerJob(bed, {
      with: { ...private_, credentials: lines, 'ca-certificate': authority },
      env: { ...env, RUNNER_DEBUG: '1' },
      run: 'GOPROXY=off go build ./... && env && ls "$RUNNER_TEMP"',
    })
    expect(main.exitCode, main.log).toBe(0)
    expect(main.stdout).toContain('2 downloaded')
    expect(shell?.exitCode, shell?.stderr).toBe(0)
    expect(shell?.stdout).not.toMatch(/NETRC=|go-deps-credentials/)
    // The values of the workflow, and the certificates; nothing that leads to credentials.
    expect(shell?.stdout).toContain('GIT_CONFIG_COUNT=2\n')
    const opened = server.requests.filter(({ status }) => status === 200)
    expect(new Set(opened.map(({ given, path: name }) => `${name.split('/')[1]} ${given}`))).toEqual(
      new Set([`acme x-access-token:${acme}`, `other me:${others}`]),
    )
    // Neither token reaches the other repository.
    for (const { given, path: name } of server.requests) {
      if (given !== '') expect(given.includes(acme)).toBe(name.startsWith('/acme/'))
    }
    expect(post.exitCode).toBe(0)
    expect(leaks([main.stdout, shell?.stdout ?? '', post.stdout], [bed.folder])).toEqual([])
  })

  test('reach later steps only as paths, on request, and are removed before anything is saved', async () => {
    const bed = await startBed()
    const { env, lines, authority } = await privateRepositories(bed)
    const netrc = path.join(bed.folder, 'netrc')
    writeFileSync(netrc, 'machine elsewhere.example login a password b\n')
    const { main, shell, post, places } = await runnerJob(bed, {
      with: { ...private_, credentials: lines, 'ca-certificate': authority, 'export-credentials': 'true' },
      env: { ...env, NETRC: netrc },
      run: [
        'echo "netrc: $NETRC"; grep -c machine "$NETRC"',
        'env > "$RUNNER_TEMP/../environment"',
        `GOMODCACHE=$RUNNER_TEMP/../second GOPROXY=direct go mod download ${one.path}@v1.0.0`,
      ].join('\n'),
    })
    expect(main.exitCode, main.log).toBe(0)
    expect(shell?.exitCode, `${shell?.stdout}${shell?.stderr}`).toBe(0)
    expect(shell?.stdout).toContain('\n5\n')
    const left = readFileSync(path.join(places.temp, '../environment'), 'utf8')
    expect(left).toMatch(/^GIT_CONFIG_COUNT=[23]$/m)
    expect(leaks([left, main.stdout, shell?.stdout ?? '', post.stdout], [bed.folder])).toEqual([])
    expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-'))).toEqual([])
    // Post steps of other actions find everything restored.
    expect(post.exported).toMatchObject({ NETRC: netrc, GIT_CONFIG_COUNT: '1' })
  })

  test('in a public repository, keep the modules that they open out of the cache', async () => {
    const bed = await startBed()
    const { env, lines, authority } = await privateRepositories(bed)
    const event = push('main')
    const repository = { ...(event.payload.repository as object), private: false }
    const job = (more: Readonly<Record<string, string>>): RunnerJob => ({
      with: { goprivate: private_.goprivate, credentials: lines, 'ca-certificate': authority, ...more },
      env,
      event: { ...event, payload: { ...event.payload, repository } },
      run: 'GOPROXY=off go build ./...',
    })
    const careful = await runnerJob(bed, job({}))
    expect(said(careful.main, 'notice').join()).toContain('Private modules are not cached')
    expect(careful.post.stdout).toContain('Module cache: not saved, there are no modules to save')
    expect(careful.post.stdout).toMatch(/Build cache: not saved, this repository is public/)
    expect(bed.service.entries()).toEqual([])

    const open = await runnerJob(bed, job({ 'cache-private': 'true' }))
    expect(said(open.main, 'notice')).toEqual([])
    expect(bed.service.entries()).toHaveLength(2)
  })

  test('with a path take precedence over those of the host, in any order', async () => {
    const bed = await startBed()
    const { server, env, lines, authority } = await privateRepositories(bed)
    const { main } = await runnerJob(bed, {
      with: { ...private_, credentials: `${lines}\n${server.host} nonsense`, 'ca-certificate': authority },
      env,
    })
    expect(main.exitCode, main.log).toBe(0)
    expect(server.requests.some(({ given }) => given.includes('nonsense'))).toBe(false)
  })

  test('are removed when the step fails before anything is downloaded', async () => {
    const bed = await startBed()
    await bed.repository(undefined, { 'go.mod': 'module example.com/app\n\ngo 1.21\n' })
    const { main, shell } = await runnerJob(bed, {
      with: {
        credentials: `a.example ${acme}`,
        'go-version': '1.25.99',
        'go-download-base-url': 'http://127.0.0.1:9',
        retries: '0',
      },
      run: 'ls "$RUNNER_TEMP"',
    })
    expect(main.exitCode).toBe(1)
    expect(shell?.stdout).not.toContain('go-deps-credentials')
  })

  test.each(slice(goChoices, 1))('open a module proxy, on its port (%s Go)', async (choice) => {
    const bed = await startBed()
    const goMod = readFileSync(path.join(app, 'go.mod'), 'utf8').replace('go 1.24', 'go 1.21')
    await bed.repository(app, { 'go.mod': goMod })
    const { key, certificate, file } = await makeCertificate(bed.folder)
    const password = `robot:${acme}`
    const proxy = await startLockedProxy({ key, certificate, target: bed.proxy.url, password })
    onTestFinished(() => proxy.stop())
    const { program } = await installedGo(choice)
    const job = (credentials: string): RunnerJob => ({
      with: {
        credentials,
        goproxy: `https://${proxy.host}`,
        'ca-certificate': file,
        'cache-build': 'false',
      },
      env: { PATH: `${path.dirname(program)}:${process.env.PATH}`, RUNNER_DEBUG: '1' },
    })
    const { main, post } = await runnerJob(bed, job(`${proxy.host} robot ${acme}`))
    expect(main.exitCode, main.log).toBe(0)
    expect(main.stdout).toContain('5 downloaded')
    expect(leaks([main.stdout, post.stdout], [bed.folder])).toEqual([])

    await bed.service.clear()
    const wrong = await runnerJob(bed, job(`${proxy.host} robot ${others}`))
    expect(wrong.main.exitCode).toBe(1)
    expect(said(wrong.main, 'error')[0]).toContain('to the input `credentials`')
    expect(leaks([wrong.main.stdout, wrong.post.stdout], [bed.folder])).toEqual([])
  })

  test('that are wrong fail the job without appearing in the log', async () => {
    const bed = await startBed()
    const { env, lines, authority } = await privateRepositories(bed)
    const { main, post } = await runnerJob(bed, {
      with: { ...private_, credentials: lines.replace(' me ', ' you '), 'ca-certificate': authority },
      env: { ...env, RUNNER_DEBUG: '1' },
    })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error').join()).toMatch(/git has wrong credentials|does not accept the credentials/)
    expect(leaks([main.stdout, post.stdout], [bed.folder])).toEqual([])
  })

  test('that are malformed are reported by line, and nothing else happens', async () => {
    const bed = await startBed()
    await bed.repository(undefined, { 'go.mod': 'module example.com/app\n\ngo 1.21\n' })
    const { main } = await runnerJob(bed, {
      with: { credentials: `github.com ${acme}\n${acme}\nhttp://a.example ${acme}` },
    })
    expect(main.exitCode).toBe(1)
    const [error = ''] = said(main, 'error')
    expect(error).toContain('line 2 does not begin with a host, line 3 begins with http:')
    expect(leaks([main.stdout], [])).toEqual([])
  })

  // As `github.com/acme me ${{ secrets.NONE }}` arrives.
  const empty = { ...private_, credentials: 'github.com/acme me ' }
  const forked: RunnerJob = { event: pullRequest({ branch: 'change', fork: true }) }

  test('without a secret fail the job, except for forks, which continue with a notice', async () => {
    const bed = await startBed()
    await bed.repository(undefined, { 'go.mod': 'module example.com/app\n\ngo 1.21\n' })
    const own = await runnerJob(bed, { with: empty })
    expect([own.main.exitCode, said(own.main, 'error').join()]).toEqual([
      1,
      expect.stringContaining('no secret in line 1'),
    ])
    const strange = await runnerJob(bed, { with: empty, ...forked })
    expect([strange.main.exitCode, said(strange.main, 'notice').length]).toEqual([0, 1])
    const required = await runnerJob(bed, { with: { ...empty, 'credentials-required': 'true' }, ...forked })
    expect(required.main.exitCode).toBe(1)
  })

  test("are named first in the error when a fork's run cannot download a private module", async () => {
    const bed = await startBed()
    const { server, env, authority } = await privateRepositories(bed)
    const given = { ...private_, 'ca-certificate': authority, retries: '0' }
    for (const credentials of [`${server.host}/acme \n${server.host}/other me `, '']) {
      const { main } = await runnerJob(bed, { with: { ...given, credentials }, env, ...forked })
      expect(main.exitCode).toBe(1)
      const [error = ''] = said(main, 'error')
      expect(error).toMatch(/^This run is for a fork, and GitHub gives such runs no secrets/)
      expect(error, 'and then what Go said').toContain('requires a user and password')
      expect(main.summary).toContain('This run is for a fork')
    }
    const own = await runnerJob(bed, { with: given, env })
    expect(said(own.main, 'error')[0]).not.toContain('fork')
  })

  test('of a killed job are removed when the next one starts', async () => {
    const bed = await startBed()
    await bed.repository(undefined, { 'go.mod': 'module example.com/app\n\ngo 1.21\n' })
    const { main, places } = await runnerJob(bed, {
      prepare: ({ temp }) =>
        writeFiles(temp, { 'go-deps-credentials-0123456789ab-x/netrc': `machine a password ${acme}` }),
    })
    expect(main.exitCode).toBe(0)
    expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-'))).toEqual([])
  })
})
