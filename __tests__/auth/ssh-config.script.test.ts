import { chmodSync, mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DefaultSsh, sshCommand, sshScript, withOptions } from '../../src/auth/ssh-config.ts'
import { readSshAddress, type SshAddress } from '../../src/inputs/ssh-keys.ts'
import { git } from '../../testbed/git-repository.ts'
import { runProcess } from '../../testbed/process.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

const usual: DefaultSsh = { command: 'ssh -v', yieldsToRepository: true }

/** The arguments of ssh when git fetches something, recorded by a fake ssh. */
async function started(
  address: string,
  addresses: readonly string[],
  { how = usual, cwd, name = 'a folder' }: { how?: DefaultSsh; cwd?: string; name?: string } = {},
): Promise<string> {
  const folder = path.join(temporaryFolder(), name)
  writeFiles(folder, {
    'bin/ssh': '#!/bin/sh\nfor word; do printf "%s|" "$word"; done >&2\necho >&2\n',
    script: sshScript(
      addresses.map((text, index) => ({
        ...(readSshAddress(text) as SshAddress),
        file: `${folder}/key-${index}`,
        knownHosts: [`${folder}/known_hosts`, '~/.ssh/known_hosts'],
      })),
      how,
    ),
  })
  chmodSync(path.join(folder, 'bin/ssh'), 0o755)
  const { stderr } = await runProcess({
    command: 'git',
    args: ['-c', 'ssh.variant=ssh', 'ls-remote', address],
    cwd: cwd ?? folder,
    env: {
      PATH: `${folder}/bin:${process.env.PATH}`,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_SSH_COMMAND: sshCommand(path.join(folder, 'script')),
    },
  })
  return (stderr.split('\n')[0] ?? '').replaceAll(folder, '<dir>').replace('-o|SendEnv=GIT_PROTOCOL|', '')
}

const options = (key: string) =>
  `-i|${key}|-o|IdentitiesOnly=yes|-o|BatchMode=yes|-o|StrictHostKeyChecking=yes|-o|UserKnownHostsFile="<dir>/known_hosts" "~/.ssh/known_hosts"|-o|CheckHostIP=no|-o|ControlMaster=no|-o|ControlPath=none`

describe.runIf(isUnix)('ssh runs', () => {
  const keys = ['github.com', 'github.com/acme', 'github.com/acme/lib', 'ssh://git@git.example.com:2222/team']

  test.each([
    ['ssh://git@github.com/acme/lib', 2, "git@github.com|git-upload-pack '/acme/lib'|"],
    ['ssh://git@github.com/acme/lib.git', 2, "git@github.com|git-upload-pack '/acme/lib.git'|"],
    ['git@github.com:acme/lib.git', 2, "git@github.com|git-upload-pack 'acme/lib.git'|"],
    ['ssh://git@github.com:22/acme/lib/', 2, "-p|22|git@github.com|git-upload-pack '/acme/lib/'|"],
    ['ssh://git@github.com/acme/lib-two', 1, "git@github.com|git-upload-pack '/acme/lib-two'|"],
    ['ssh://git@github.com/acme-two/x', 0, "git@github.com|git-upload-pack '/acme-two/x'|"],
    ['ssh://git@git.example.com:2222/team/x', 3, "-p|2222|git@git.example.com|git-upload-pack '/team/x'|"],
  ])('for %s with the key of the longest address', async (address, key, rest) => {
    expect(await started(address, keys)).toBe(`${options(`<dir>/key-${key}`)}|-v|${rest}`)
  })

  test.each([
    ['ssh://git@git.example.com/team/x', "git@git.example.com|git-upload-pack '/team/x'|"],
    ['ssh://git@git.example.com:2222/other', "-p|2222|git@git.example.com|git-upload-pack '/other'|"],
    [
      "ssh://git@other.example/it's/github.com:/acme",
      "git@other.example|git-upload-pack '/it'\\''s/github.com:/acme'|",
    ],
  ])('for %s without changes', async (address, rest) => {
    expect(await started(address, keys)).toBe(`-v|${rest}`)
  })

  test('with the command of the repository for its own remotes, unless the environment sets one', async () => {
    const repository = path.join(temporaryFolder(), 'checkout')
    mkdirSync(repository)
    await git(repository, 'init', '--quiet')
    await git(repository, 'config', 'core.sshCommand', `"ssh" -o 'A=b c'`)
    await git(repository, 'remote', 'add', 'origin', 'git@github.com:acme/app.git')
    const at = (address: string, how?: DefaultSsh) =>
      started(address, keys, { cwd: repository, ...(how && { how }) })
    expect(await at('git@github.com:acme/app.git')).toBe(
      "-o|A=b c|git@github.com|git-upload-pack 'acme/app.git'|",
    )
    expect(await at('git@other.example:x')).toBe("-o|A=b c|git@other.example|git-upload-pack 'x'|")
    expect(await at('git@github.com:acme/lib')).toContain('<dir>/key-2|')
    expect(await at('git@github.com:acme/app.git', { ...usual, yieldsToRepository: false })).toContain(
      '<dir>/key-1|',
    )
  })

  test('with the keys of an earlier step for its addresses', async () => {
    const folder = temporaryFolder()
    const first = { ...(readSshAddress('a.example/x') as SshAddress), file: 'first', knownHosts: [] }
    writeFiles(folder, { script: sshScript([first], usual) })
    const how = { command: sshCommand(path.join(folder, 'script')), yieldsToRepository: false }
    expect(await started('git@a.example:x', ['b.example'], { how })).toMatch(/^-i\|first\|/)
    expect(await started('git@b.example:x', ['b.example'], { how })).toMatch(/^-v\|-i\|<dir>\/key-0\|/)
  })

  test('with quoted paths', async () => {
    expect(
      await started('ssh://git@github.com/acme/lib', ['github.com'], { name: "it's a folder" }),
    ).toContain('-i|<dir>/key-0|')
  })
})

test.each([
  ['ssh', 'ssh X'],
  ['ssh -i key', 'ssh X -i key'],
  ['/usr/bin/ssh -v', '/usr/bin/ssh X -v'],
  ['"/usr/bin/ssh" -i "a b"', '"/usr/bin/ssh" X -i "a b"'],
  ["'C:\\Program Files\\OpenSSH\\ssh.exe' -v", "'C:\\Program Files\\OpenSSH\\ssh.exe' X -v"],
  ['A=b sshpass -e ssh -v', 'A=b sshpass -e ssh X -v'],
  ["sh '/tmp/go-deps-ssh-x/ssh'", "sh '/tmp/go-deps-ssh-x/ssh' X"],
  ['my-wrapper -v', 'my-wrapper -v X'],
])('options come first: %s', (command, expected) => {
  expect(withOptions(command, 'X')).toBe(expected)
})

test('the command names its script by a path that the shell of git for Windows understands', () => {
  expect(sshCommand('D:\\a\\_temp\\go-deps-ssh-x\\ssh')).toBe("sh 'D:/a/_temp/go-deps-ssh-x/ssh'")
})
