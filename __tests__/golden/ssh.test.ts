import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, onTestFinished } from 'vitest'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { makeSshKey } from '../../testbed/ssh-key.ts'
import { noSshServer, startSshServer } from '../../testbed/ssh-server.ts'
import { writeFiles } from '../temporary.ts'
import { appWith } from './fixtures.ts'
import { type Arranged, failingGo, type Scene } from './golden.ts'
import { madeModule } from './modules.ts'

const module = madeModule('github.com/acme/lib', 'v1.0.0')
const download = { files: appWith(module), args: ['mod', 'download'] }
const absent = noSshServer()

/** The relation of a job's ssh to the server. */
interface Ssh {
  /** The repository that the job's key opens; undefined for a key that the server does not know. */
  readonly opens: 'acme/lib' | 'acme/other' | undefined
  /** The host key that the job knows: that of the server, none, or another one. */
  readonly knows: 'it' | 'nothing' | 'another'
}

const overSsh =
  ({ opens, knows }: Ssh) =>
  async ({ folder }: Scene): Promise<Arranged> => {
    const [source, repository] = ['source', 'repository'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ]
    writeFiles(source, module.files)
    await createRepository(source, repository)
    await git(repository, 'tag', 'v1.0.0')
    mkdirSync(path.join(folder, 'ssh'))
    const key = await makeSshKey(path.join(folder, 'ssh'), 'key')
    const other = await makeSshKey(path.join(folder, 'ssh'), 'other')
    const server = await startSshServer({
      repositories: { 'acme/lib': repository },
      keys: opens === undefined ? [] : [{ publicKey: key.publicKey, opens: [opens] }],
    })
    onTestFinished(server.stop)
    const hosts = {
      it: server.knownHosts,
      nothing: '',
      another: `[127.0.0.1]:${server.port} ${other.publicKey}`,
    }
    writeFiles(folder, { known_hosts: hosts[knows] })
    const options = ['-F none', `-i ${key.file}`, '-o IdentitiesOnly=yes', '-o BatchMode=yes']
    return {
      env: {
        GOPROXY: 'direct',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `url.${server.url}/.insteadOf`,
        GIT_CONFIG_VALUE_0: 'https://github.com/',
        GIT_SSH_COMMAND: `ssh ${options.join(' ')} -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${folder}/known_hosts`,
      },
    }
  }

const place = (title: string) => [{ file: 'go.mod', line: 5, text: `github.com/acme/lib@v1.0.0: ${title}` }]

const address = '`github.com/acme/lib`'
const aKey = `Set the input \`ssh-private-key\` to a key with read access: one line with the address, such as ${address}, and the key below it. If later steps run go commands, also set \`export-credentials: true\`.`

describe.skipIf(absent !== undefined)(`git over ssh (${absent ?? 'sshd'})`, () => {
  failingGo('ssh-key', 'is not let in, because the server does not know the key', {
    ...download,
    arrange: overSsh({ opens: undefined, knows: 'it' }),
    explained: {
      title: 'git is refused access by ssh',
      cause: '127.0.0.1 accepts none of the keys that ssh offered for github.com/acme/lib@v1.0.0.',
      fix: aKey,
      places: place('git is refused access by ssh'),
    },
  })

  failingGo('ssh-other-repository', 'is let in by a key that is for another repository', {
    ...download,
    arrange: overSsh({ opens: 'acme/other', knows: 'it' }),
    explained: {
      title: 'repository not found',
      cause:
        'No repository exists for github.com/acme/lib@v1.0.0, or the ssh key of this job has no access to it.',
      fix: `Check the path github.com/acme/lib. A deploy key is valid for one repository only: add one key for each to the input \`ssh-private-key\`, below a line such as ${address}.`,
      places: place('repository not found'),
    },
  })

  failingGo('ssh-unknown-host', 'does not know the server', {
    ...download,
    arrange: overSsh({ opens: 'acme/lib', knows: 'nothing' }),
    explained: {
      title: 'the host key is not known',
      cause:
        'The host key of [127.0.0.1]:<port> is not known, so git sent nothing to it for github.com/acme/lib@v1.0.0.',
      fix: 'Add the host key to the input `ssh-known-hosts`. `ssh-keyscan -p <port> 127.0.0.1` prints it; compare its fingerprint with the one that the operator of the server publishes. If later steps run go commands, also set `export-credentials: true`.',
      places: place('the host key is not known'),
    },
  })

  failingGo('ssh-changed-host', 'knows the server by another key', {
    ...download,
    arrange: overSsh({ opens: 'acme/lib', knows: 'another' }),
    explained: {
      title: 'the host key has changed',
      cause:
        '[127.0.0.1]:<port> presents a host key that differs from the known one, so git sent nothing to it for github.com/acme/lib@v1.0.0. The key was replaced, or the connection is intercepted.',
      fix: 'Compare the fingerprint below with the one that the operator of the server publishes. Only if they match, replace the old line in the input `ssh-known-hosts`, or in the file that ssh names.',
      security: true,
      places: place('the host key has changed'),
    },
  })
})

/** Nothing listens there, and nothing is asked. */
const nowhere = {
  GOPROXY: 'direct',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'url.ssh://git@127.0.0.1:1/.insteadOf',
  GIT_CONFIG_VALUE_0: 'https://github.com/',
}

describe('git over ssh', () => {
  failingGo('ssh-refused', 'finds nobody at the port', {
    ...download,
    arrange: () => ({ env: { ...nowhere, GIT_SSH_COMMAND: 'ssh -F none -o BatchMode=yes' } }),
    explained: {
      title: 'git cannot reach the server',
      cause: 'git could not read github.com/acme/lib@v1.0.0 from 127.0.0.1 by ssh.',
      fix: 'Run the job again. If the error persists, check that this machine can reach 127.0.0.1 by ssh. For another host or port, add it after the address in `ssh-private-key`: `github.com/acme/lib ssh://git@HOST:PORT`.',
      places: place('git cannot reach the server'),
    },
  })

  failingGo('ssh-missing', 'has no ssh', {
    ...download,
    arrange: ({ folder }) => {
      const programs = path.join(folder, 'programs')
      mkdirSync(programs)
      const found = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' })
      symlinkSync(found.trim(), path.join(programs, 'git'))
      // So that git starts it itself and prints its own message: those of shells differ.
      return { env: { ...nowhere, PATH: programs, GIT_SSH: 'ssh' } }
    },
    explained: {
      title: 'ssh is not installed',
      cause: 'git needs ssh to fetch github.com/acme/lib@v1.0.0, but ssh is not on PATH.',
      fix: 'Install OpenSSH’s client before this step.',
      places: place('ssh is not installed'),
    },
  })
})
