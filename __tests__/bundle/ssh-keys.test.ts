import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sshSecrets } from '../../src/inputs/ssh-keys.ts'
import { filesBelow } from '../../src/platform/files.ts'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { pullRequest, push } from '../../testbed/runner/github-context.ts'
import { makeSshKey, type SshKey } from '../../testbed/ssh-key.ts'
import { noSshServer, type SshServer, startSshServer } from '../../testbed/ssh-server.ts'
import { goChoices, installedGo } from '../golden/go.ts'
import { type MadeModule, madeModule, sumLines } from '../golden/modules.ts'
import { type Bed, startBed } from '../harness/bed.ts'
import { type RunnerJob, runnerJob, said } from '../harness/runner-job.ts'
import { isUnix, writeFiles } from '../temporary.ts'

const absent = noSshServer()
const emptyModule = { 'go.mod': 'module example.com/app\n\ngo 1.21\n' }

/** One name is a prefix of the other: they are still two repositories. */
const [lib, library] = ['github.com/acme/lib', 'github.com/acme/lib-rary'].map((name) =>
  madeModule(name, 'v1.0.0', { [`${path.basename(name)}.go`]: 'package lib\n', 'lib.go': 'package lib\n' }),
) as [MadeModule, MadeModule]

/** Private repositories on one server, each behind its own deploy key, and a checkout that needs all of them. */
async function deployKeys(bed: Bed, modules: readonly MadeModule[] = [lib, library]) {
  const folder = path.join(bed.folder, 'elsewhere')
  const names = modules.map((module) => module.path.replace(/^[^/]+\/|\.git$/g, ''))
  const keys: SshKey[] = []
  for (const [index, module] of modules.entries()) {
    const source = path.join(folder, `source-${index}`)
    for (const [name, text] of Object.entries(module.files)) {
      mkdirSync(source, { recursive: true })
      writeFileSync(path.join(source, name), text)
    }
    await createRepository(source, path.join(folder, `repository-${index}`))
    await git(path.join(folder, `repository-${index}`), 'tag', 'v1.0.0')
    keys.push(await makeSshKey(folder, `deploy-${index}`))
  }
  const server = await startSshServer({
    repositories: Object.fromEntries(
      names.map((name, index) => [name, path.join(folder, `repository-${index}`)]),
    ),
    keys: keys.map(({ publicKey }, index) => ({ publicKey, opens: [names[index] ?? ''] })),
  })
  onTestFinished(server.stop)
  await bed.repository(undefined, {
    'go.mod': `module example.com/app\n\ngo 1.21\n\nrequire (\n${modules.map((one) => `\t${one.path} v1.0.0\n`).join('')})\n`,
    'go.sum': modules.map(sumLines).join(''),
    'app.go': `package app\n\n${modules.map((one) => `import _ "${one.path}"\n`).join('')}`,
  })
  const input = modules.map((module, index) => `${module.path} ${server.url}\n${keys[index]?.privateKey}`)
  return { server, keys, input: input.join('\n') }
}

const with_ = (server: SshServer, keys: string) => ({
  goprivate: 'github.com/acme',
  'cache-build': 'false',
  'ssh-private-key': keys,
  'ssh-known-hosts': server.knownHosts,
})

/** Finds any line of a key in the output of steps and in files below some folders. */
function leaks(
  keys: readonly SshKey[],
  texts: readonly string[],
  folders: readonly string[],
): readonly string[] {
  const forms = sshSecrets(keys.map(({ privateKey }) => ({ key: privateKey })))
  const files = folders.flatMap((folder) => filesBelow(folder).map((file) => path.join(folder, file)))
  const holds = (text: string) => forms.some((form) => text.includes(form))
  return [
    ...texts.map((text) => text.replaceAll(/^::add-mask::.*$/gm, '')).filter(holds),
    ...files.filter((file) => !file.includes('/elsewhere/') && holds(readFileSync(file, 'latin1'))),
  ]
}

const opened = (server: SshServer) => new Set(server.sessions())

describe.skipIf(absent !== undefined)(`ssh keys (${absent ?? 'sshd'})`, () => {
  test('of several repositories on one server open their own only, and leave nothing behind', async () => {
    const bed = await startBed()
    const { server, keys, input } = await deployKeys(bed)
    const log = path.join(bed.folder, 'ssh.log')
    const { main, shell, post, places } = await runnerJob(bed, {
      with: with_(server, input.replaceAll('\n', '\r\n').trimEnd()),
      env: {
        RUNNER_DEBUG: '1',
        GIT_SSH_COMMAND: `ssh -E ${log} -o LogLevel=VERBOSE -o StrictHostKeyChecking=no`,
      },
      run: `GOPROXY=off go build ./... && env && ls "$RUNNER_TEMP" && git ls-remote ${server.url}/acme/lib`,
    })
    expect(main.exitCode, main.log).toBe(0)
    expect(main.stdout).toContain('2 downloaded')
    expect(opened(server)).toEqual(new Set(['0 opened acme/lib', '1 opened acme/lib-rary']))
    // Existing ssh settings stay in force.
    expect(readFileSync(log, 'utf8')).toContain('Authenticated to 127.0.0.1')
    // Later steps have no key: they can build what was downloaded, and download nothing.
    expect(shell?.stderr).toContain('fatal: Could not read from remote repository')
    expect(shell?.stdout).toContain(`GIT_SSH_COMMAND=ssh -E ${log}`)
    expect(shell?.stdout).not.toMatch(/GIT_CONFIG_COUNT|go-deps-ssh/)
    expect(post.exitCode).toBe(0)
    expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-'))).toEqual([])
    expect(bed.service.entries()).toHaveLength(1)
    expect(leaks(keys, [main.stdout, shell?.stdout ?? '', post.stdout], [bed.folder])).toEqual([])
    // Every line of both keys.
    const masks = main.stdout.split('\n').filter((line) => line.startsWith('::add-mask::'))
    for (const secret of sshSecrets(keys.map(({ privateKey }) => ({ key: privateKey })))) {
      expect(masks.some((mask) => mask.endsWith(secret.replaceAll('%', '%25')))).toBe(true)
    }
  })

  test('reach later steps only as paths, on request, and are removed when the job ends', async () => {
    const bed = await startBed()
    const { server, keys, input } = await deployKeys(bed)
    const { main, shell, post, places } = await runnerJob(bed, {
      with: {
        ...with_(server, `${input}\ngithub.com ${server.url}\n${keys[0]?.privateKey}`),
        'export-credentials': 'true',
        // Both add to the same variables, and restore them one after the other.
        credentials: 'github.com/team me secret',
      },
      run: [
        'env > "$RUNNER_TEMP/../environment"; ls -lR "$RUNNER_TEMP"',
        `GOMODCACHE=$RUNNER_TEMP/../second GOPROXY=direct go mod download ${lib.path}@v1.0.0`,
        // The repository that is checked out, one with a token, and another one.
        'for name in org/service team/x org/other; do git ls-remote --get-url https://github.com/$name; done',
      ].join('\n'),
    })
    expect(main.exitCode, main.log).toBe(0)
    expect(shell?.exitCode, `${shell?.stdout}${shell?.stderr}`).toBe(0)
    expect(shell?.stdout).toMatch(/^-rw------- .* key-0$/m)
    expect(shell?.stdout).toContain(
      `https://github.com/org/service\nhttps://github.com/team/x\n${server.url}/org/other\n`,
    )
    const left = readFileSync(path.join(places.temp, '../environment'), 'utf8')
    expect(left).toMatch(/^GIT_CONFIG_COUNT=2$/m)
    expect(left).toMatch(/^GIT_SSH_COMMAND=sh '.*go-deps-ssh-.*\/ssh'$/m)
    expect(leaks(keys, [left, main.stdout, shell?.stdout ?? '', post.stdout], [bed.folder])).toEqual([])
    expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-'))).toEqual([])
    expect(post.exported).toMatchObject({ GIT_SSH_COMMAND: 'ssh', GIT_CONFIG_COUNT: '' })
  })

  test.each(goChoices)(
    'open the repository that a module path names, next to settings of the user (%s Go)',
    async (choice) => {
      const bed = await startBed()
      const module = madeModule('127.0.0.1/team/lib.git', 'v1.0.0', { 'lib.go': 'package lib\n' })
      const { server, keys } = await deployKeys(bed, [module])
      const { program } = await installedGo(choice)
      const [log, wrapper] = ['ssh.log', 'wrapper'].map((name) => path.join(bed.folder, name)) as [
        string,
        string,
      ]
      const logging = `ssh -E ${log} -o LogLevel=VERBOSE`
      writeFileSync(wrapper, `#!/bin/sh\n${logging} "$@"\n`, { mode: 0o755 })
      const isInFiles = choice === 'oldest'
      const { main } = await runnerJob(bed, {
        with: {
          ...with_(server, `${server.url}/team\n${keys[0]?.privateKey}`),
          ...(isInFiles ? { 'ssh-known-hosts': '' } : {}),
          ...(isInFiles
            ? { goprivate: 'example.com', goproxy: `${bed.proxy.url},direct` }
            : { goprivate: '127.0.0.1' }),
        },
        env: {
          PATH: `${path.dirname(program)}:${process.env.PATH}`,
          GOSUMDB: 'off',
          ...(isInFiles ? {} : { GIT_SSH: wrapper }),
        },
        prepare: ({ home }) => {
          if (!isInFiles) return
          mkdirSync(path.join(home, '.ssh'))
          writeFileSync(path.join(home, '.ssh/known_hosts'), `${server.knownHosts}\n`)
          writeFileSync(path.join(home, '.gitconfig'), `[core]\n\tsshCommand = ${logging}\n`)
        },
      })
      expect(main.exitCode, main.log).toBe(0)
      expect(main.stdout).toContain('1 downloaded')
      expect(opened(server)).toEqual(new Set(['0 opened team/lib']))
      expect(readFileSync(log, 'utf8')).toContain('Authenticated to 127.0.0.1')
      const unnamed = isInFiles
        ? [expect.stringContaining('key for 127.0.0.1/team, which GOPRIVATE does not')]
        : []
      expect(said(main, 'warning').filter((text) => text.includes('GOPRIVATE'))).toEqual(unnamed)
    },
  )

  test('fail if the server has another or an unknown host key, or if it does not know the key', async () => {
    const bed = await startBed()
    const { server, keys, input } = await deployKeys(bed)
    const job = (knownHosts: string): RunnerJob => ({
      with: { ...with_(server, input), 'ssh-known-hosts': knownHosts },
      env: { RUNNER_DEBUG: '1', GIT_SSH_COMMAND: 'ssh -o StrictHostKeyChecking=no' },
    })
    const other = await runnerJob(bed, job(`[127.0.0.1]:${server.port} ${keys[0]?.publicKey}`))
    expect([other.main.exitCode, said(other.main, 'error').join()]).toEqual([
      1,
      expect.stringMatching(/presents a host key that differs.*`ssh-known-hosts`/),
    ])
    expect(other.main.commands.find(({ level }) => level === 'error')).toMatchObject({ title: 'SECURITY' })
    const none = await runnerJob(bed, job(''))
    expect([none.main.exitCode, said(none.main, 'error').join()]).toEqual([
      1,
      expect.stringMatching(/The host key of \[127.0.0.1\]:\d+ is not known.*`ssh-known-hosts`/),
    ])
    expect(server.sessions()).toEqual([])
    const stranger = await makeSshKey(path.join(bed.folder, 'elsewhere'), 'stranger')
    const strange = await runnerJob(bed, {
      with: with_(server, input.replace(keys[1]?.privateKey ?? '', stranger.privateKey)),
      env: { RUNNER_DEBUG: '1' },
    })
    expect([strange.main.exitCode, said(strange.main, 'error').join()]).toEqual([
      1,
      expect.stringMatching(/accepts none of the keys that ssh offered for github.com\/acme\/lib-rary/),
    ])
    const texts = [other, none, strange].flatMap(({ main, post }) => [main.stdout, post.stdout])
    expect(leaks([...keys, stranger], texts, [bed.folder])).toEqual([])
    for (const { places } of [other, none, strange]) {
      expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-'))).toEqual([])
    }
  })
})

test('that are unusable are reported by line, and nothing else happens', async () => {
  const bed = await startBed()
  await bed.repository(undefined, emptyModule)
  const folder = path.join(bed.folder, 'elsewhere')
  mkdirSync(folder)
  const good = await makeSshKey(folder, 'good')
  const locked = await makeSshKey(folder, 'locked', ['-t', 'ed25519'], 'a passphrase')
  const { main, places } = await runnerJob(bed, {
    with: {
      'ssh-private-key': `github.com/acme/one\n${locked.privateKey}\ngithub.com/acme/two\n${good.publicKey}\n`,
      'ssh-known-hosts': good.privateKey,
    },
    // Of a killed job.
    prepare: ({ temp }) => writeFiles(temp, { 'go-deps-ssh-0123456789ab-x/key-0': good.privateKey }),
  })
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error')).toEqual([
    expect.stringContaining('the key in line 2 has a passphrase'),
    expect.stringContaining('line 1 holds a private key, which belongs in `ssh-private-key`'),
  ])
  expect(said(main, 'error')[0]).toMatch(/line \d+ holds a public key/)
  expect(leaks([good, locked], [main.stdout], [bed.folder])).toEqual([])
  expect(main.stdout).not.toContain(good.publicKey.split(' ')[1])
  expect(existsSync(places.gomodcache)).toBe(false)
  expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-'))).toEqual([])
})

test.runIf(isUnix)('are preceded by an error if git cannot use them', async () => {
  const bed = await startBed()
  await bed.repository(undefined, emptyModule)
  const key = await makeSshKey(bed.folder, 'key')
  const job = (env: Readonly<Record<string, string>>): RunnerJob => ({
    with: { 'ssh-private-key': `a.example\n${key.privateKey}` },
    env,
  })
  const failed = async (env: Readonly<Record<string, string>>) =>
    said((await runnerJob(bed, job(env))).main, 'error')
  const errors = (GIT_SSH_COMMAND: string) => failed({ GIT_SSH_COMMAND })
  expect(await failed({ PATH: '/nowhere' })).toEqual([expect.stringContaining('`git` is not on PATH')])
  const programs = path.join(bed.folder, 'programs')
  mkdirSync(programs)
  const found = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' })
  symlinkSync(found.trim(), path.join(programs, 'git'))
  expect(await failed({ PATH: programs })).toEqual([
    expect.stringMatching(/`ssh` is not on PATH.*openssh-client/),
  ])
  expect(await errors('/nowhere/ssh')).toEqual([
    expect.stringContaining(
      '`ssh-private-key` cannot be used: GIT_SSH_COMMAND names a program that does not start',
    ),
  ])
  const insecure = path.join(programs, 'lax')
  writeFileSync(insecure, '#!/bin/sh\nssh -o StrictHostKeyChecking=no "$@"\n', { mode: 0o755 })
  expect(await errors(insecure)).toEqual([
    expect.stringContaining('GIT_SSH_COMMAND disables the check of host keys'),
  ])
  expect(await errors('true')).toEqual([expect.stringContaining('does not run OpenSSH')])
})

describe('an empty ssh key secret', () => {
  const empty = { 'ssh-private-key': 'github.com/acme/lib\n\n', 'ssh-known-hosts': '' }
  const forked: RunnerJob = { event: pullRequest({ branch: 'change', fork: true }) }

  test('fails the job, except for forks, which continue with one notice', async () => {
    const bed = await startBed()
    await bed.repository(undefined, emptyModule)
    const own = await runnerJob(bed, { with: empty, event: push('main') })
    expect([own.main.exitCode, said(own.main, 'error').join()]).toEqual([
      1,
      expect.stringContaining('`ssh-private-key` has no key below line 1'),
    ])
    const strange = await runnerJob(bed, { with: { ...empty, credentials: 'github.com me ' }, ...forked })
    expect([strange.main.exitCode, said(strange.main, 'notice')]).toEqual([
      0,
      [
        expect.stringMatching(
          /`credentials` has no secret in line 1, `ssh-private-key` has no key below line 1/,
        ),
      ],
    ])
    const required = await runnerJob(bed, { with: { ...empty, 'credentials-required': 'true' }, ...forked })
    expect(required.main.exitCode).toBe(1)
  })
})
