import * as path from 'node:path'
import { expect, test } from 'vitest'
import { readRewrites, rewriteConfig, sshRewrites } from '../../src/auth/ssh-config.ts'
import { readSshAddress, type SshAddress } from '../../src/inputs/ssh-keys.ts'
import { runProcess } from '../../testbed/process.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** The URLs that git uses for some addresses, with rules for keys and rules of the user. */
async function led(
  addresses: readonly string[],
  { keys, kept = [], user = '' }: { keys: readonly string[]; kept?: readonly string[]; user?: string },
): Promise<readonly string[]> {
  const folder = temporaryFolder()
  writeFiles(folder, { '.gitconfig': user })
  const git = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const own = { PATH: process.env.PATH ?? '', HOME: folder, GIT_CONFIG_NOSYSTEM: '1', ...env }
    return (await runProcess({ command: 'git', args, cwd: folder, env: own })).stdout
  }
  const rules = await git({}, 'config', '--null', '--get-regexp', String.raw`^url\..*\.insteadof$`)
  const places = (texts: readonly string[]) => texts.map((text) => readSshAddress(text) as SshAddress)
  writeFiles(folder, { ours: rewriteConfig(sshRewrites(places(keys), places(kept), readRewrites(rules))) })
  const env = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'include.path',
    GIT_CONFIG_VALUE_0: path.join(folder, 'ours'),
  }
  return Promise.all(
    addresses.map(async (address) => (await git(env, 'ls-remote', '--get-url', address)).trim()),
  )
}

test('rewrites every address form of a repository to ssh, but no repository with a longer name', async () => {
  const stays = ['lib-two', 'library', 'lib.go', 'lib_x', 'lib2', 'lib.github', 'lib.git2', 'li'].map(
    (name) => `https://github.com/acme/${name}`,
  )
  const goes = ['', '.git', '/', '.git/', '/sub', '.git/info/refs']
  expect(
    await led([...goes.map((end) => `https://github.com/acme/lib${end}`), ...stays], {
      keys: ['github.com/acme/lib'],
    }),
  ).toEqual([...goes.map((end) => `ssh://git@github.com/acme/lib${end}`), ...stays])
})

test('the longest address wins, and others stay unchanged', async () => {
  const keys = [
    'github.com/acme',
    'github.com/acme/lib ssh://git@ssh.github.com:443',
    'git.example.com ssh://me@a.example/srv',
  ]
  const addresses = [
    'https://github.com/acme/lib',
    'https://github.com/acme/lib-two.git',
    'https://github.com/acme-two/x',
    'https://git.example.com/x/y.git',
    'https://git.example.com.evil/x',
    'git@github.com:acme/lib.git',
    'http://github.com/acme/lib',
  ]
  expect(await led(addresses, { keys })).toEqual([
    'ssh://git@ssh.github.com:443/acme/lib',
    'ssh://git@github.com/acme/lib-two.git',
    'https://github.com/acme-two/x',
    'ssh://me@a.example/srv/x/y.git',
    'https://git.example.com.evil/x',
    'git@github.com:acme/lib.git',
    'http://github.com/acme/lib',
  ])
})

test('credentials with a longer path keep https, as does the checked out repository', async () => {
  const addresses = ['acme/app', 'acme/app.git', 'acme/app-two', 'team/sub/x', 'team/x'].map(
    (name) => `https://github.com/${name}`,
  )
  expect(
    await led(addresses, {
      keys: ['github.com'],
      kept: ['github.com/acme/app', 'github.com/team/sub', 'github.com', 'other.example/x'],
    }),
  ).toEqual([
    'https://github.com/acme/app',
    'https://github.com/acme/app.git',
    'ssh://git@github.com/acme/app-two',
    'https://github.com/team/sub/x',
    'ssh://git@github.com/team/x',
  ])
})

test('rules of the user stay in force for everything else', async () => {
  const user = [
    '[url "https://mirror.example/"]\n\tinsteadOf = https://github.com/',
    '[url "https://longer.example/"]\n\tinsteadOf = https://github.com/acme/lib-three',
  ].join('\n')
  const addresses = ['acme/lib', 'acme/lib-two', 'acme/lib-three', 'acme/kept/x', 'other/x'].map(
    (name) => `https://github.com/${name}`,
  )
  const keys = ['github.com/acme', 'github.com/acme/lib']
  expect(await led(addresses, { keys, kept: ['github.com/acme/kept'], user })).toEqual([
    'ssh://git@github.com/acme/lib',
    'ssh://git@github.com/acme/lib-two',
    'https://longer.example/',
    'https://mirror.example/acme/kept/x',
    'https://mirror.example/other/x',
  ])
})
