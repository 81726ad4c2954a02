import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createRepository } from '../../testbed/git-repository.ts'
import { runProcess } from '../../testbed/process.ts'
import { makeSshKey } from '../../testbed/ssh-key.ts'
import { noSshServer, startSshServer } from '../../testbed/ssh-server.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const absent = noSshServer()

test.skipIf(absent !== undefined)(
  `a key opens the connection, and of the repositories only its own (${absent ?? 'sshd'})`,
  async () => {
    const folder = temporaryFolder()
    for (const name of ['one', 'two']) {
      writeFiles(path.join(folder, 'source', name), { [`${name}.txt`]: name })
      mkdirSync(path.join(folder, 'repositories'), { recursive: true })
      await createRepository(path.join(folder, 'source', name), path.join(folder, 'repositories', name))
    }
    const [first, second] = [await makeSshKey(folder, 'first'), await makeSshKey(folder, 'second')]
    const at = (name: string) => path.join(folder, 'repositories', name)
    const server = await startSshServer({
      repositories: { 'acme/one': at('one'), 'acme/two': at('two') },
      keys: [
        { publicKey: first.publicKey, opens: ['acme/one'] },
        { publicKey: second.publicKey, opens: ['acme/two'] },
      ],
    })
    onTestFinished(server.stop)
    writeFiles(folder, { known_hosts: server.knownHosts })
    const list = (repository: string, keys: readonly string[]) =>
      runProcess({
        command: 'git',
        args: ['ls-remote', `${server.url}/${repository}`],
        cwd: folder,
        env: {
          PATH: process.env.PATH ?? '',
          HOME: folder,
          GIT_SSH_COMMAND: `ssh -F none ${keys.map((key) => `-i ${key}`).join(' ')} -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=${folder}/known_hosts`,
        },
      })
    expect(await list('acme/one', [first.file])).toMatchObject({ exitCode: 0 })
    expect(await list('acme/two.git', [second.file])).toMatchObject({ exitCode: 0 })
    const refused = await list('acme/two', [first.file, second.file])
    expect([refused.exitCode, refused.stderr]).toEqual([
      128,
      expect.stringContaining('ERROR: Repository not found.'),
    ])
    const stranger = await makeSshKey(folder, 'stranger')
    expect((await list('acme/one', [stranger.file])).stderr).toContain('Permission denied (publickey)')
    expect(server.sessions()).toEqual([
      '0 opened acme/one',
      '1 opened acme/two',
      "0 refused git-upload-pack '/acme/two'",
    ])
  },
)
