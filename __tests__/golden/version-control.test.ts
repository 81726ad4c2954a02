import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { describe } from 'vitest'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { writeFiles } from '../temporary.ts'
import { appWith, goMod, lib, startAnswering } from './fixtures.ts'
import { type Arranged, failingGo, type Scene } from './golden.ts'
import { madeModule } from './modules.ts'
import { startSelfSigned } from './self-signed.ts'

// Go knows that repositories of this host use git, and sends no request to find out (cmd/go/internal/vcs/vcs.go).
const module = madeModule('github.com/acme/lib', 'v1.0.0')
const download = { files: appWith(module), args: ['mod', 'download'] }

/** Makes git use another address for every repository of the module's host. */
const repositoriesAt = (url: string): Arranged => ({
  env: {
    GOPROXY: 'direct',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${url}/.insteadOf`,
    GIT_CONFIG_VALUE_0: 'https://github.com/',
  },
})

const repositoryWithTags = async ({ folder }: Scene): Promise<Arranged> => {
  const [source, repository] = [path.join(folder, 'source'), path.join(folder, 'origin/acme/lib')]
  writeFiles(source, module.files)
  mkdirSync(path.dirname(repository), { recursive: true })
  await createRepository(source, repository)
  await git(repository, 'tag', 'v1.0.0')
  await git(repository, 'tag', 'v2.0.0')
  return repositoriesAt(`file://${folder}/origin`)
}

const serverThatAnswers = (status: number, headers?: Readonly<Record<string, string>>) => async () =>
  repositoriesAt(await startAnswering({ status, ...(headers && { headers }) }))

const withoutGit = ({ folder }: Scene): Arranged => ({
  env: { GOPROXY: 'direct', PATH: path.join(folder, 'empty') },
})

const credentials =
  'Add a token with read access to the input `credentials`: `127.0.0.1:<port> ${{ secrets.TOKEN }}`. If later steps run go commands, also set `export-credentials: true`.'

describe('git', () => {
  const basic = { 'www-authenticate': 'Basic realm="test"' }

  failingGo('git-prompts', 'has no credentials', {
    ...download,
    arrange: serverThatAnswers(401, basic),
    explained: {
      title: 'git has no credentials',
      cause:
        '127.0.0.1:<port> requires a user and password to read github.com/acme/lib@v1.0.0, and git has none.',
      fix: credentials,
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.0.0: git has no credentials' }],
    },
  })

  failingGo('git-prompts-token', 'has a token for a user name, which is not told', {
    ...download,
    arrange: async () =>
      repositoriesAt((await startAnswering({ status: 401, headers: basic })).replace('//', '//secret@')),
    explained: {
      title: 'git has no credentials',
      cause:
        '127.0.0.1:<port> requires a user and password to read github.com/acme/lib@v1.0.0, and git has none.',
      fix: credentials,
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.0.0: git has no credentials' }],
    },
  })

  failingGo('git-credentials', 'has wrong credentials', {
    ...download,
    arrange: async () =>
      repositoriesAt(
        (await startAnswering({ status: 401, headers: basic })).replace('//', '//somebody:secret@'),
      ),
    explained: {
      title: 'git has wrong credentials',
      cause:
        '127.0.0.1:<port> does not accept the credentials that git sent to read github.com/acme/lib@v1.0.0.',
      fix: credentials,
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.0.0: git has wrong credentials' }],
    },
  })

  failingGo('git-403', 'is refused access', {
    ...download,
    arrange: serverThatAnswers(403),
    explained: {
      title: 'git is refused access',
      cause: '127.0.0.1:<port> refuses access to the repository of github.com/acme/lib@v1.0.0.',
      fix: credentials,
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.0.0: git is refused access' }],
    },
  })

  failingGo('git-404', 'finds no repository', {
    ...download,
    arrange: serverThatAnswers(404),
    explained: {
      title: 'repository not found',
      cause:
        'No repository exists for github.com/acme/lib@v1.0.0, or the credentials of git have no access to it.',
      fix: 'Check the path github.com/acme/lib. If its repository is private, add a token with read access to the input `credentials`: `127.0.0.1:<port> ${{ secrets.TOKEN }}`.',
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.0.0: repository not found' }],
    },
  })

  failingGo('git-410', 'finds that a repository is gone', {
    ...download,
    arrange: serverThatAnswers(410),
    explained: {
      title: 'repository not found',
      cause:
        'No repository exists for github.com/acme/lib@v1.0.0, or the credentials of git have no access to it.',
      fix: 'Check the path github.com/acme/lib. If its repository is private, add a token with read access to the input `credentials`: `127.0.0.1:<port> ${{ secrets.TOKEN }}`.',
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.0.0: repository not found' }],
    },
  })

  failingGo('git-untrusted', 'does not trust the certificate', {
    ...download,
    arrange: async ({ folder }) => repositoriesAt(await startSelfSigned(folder)),
    explained: {
      title: 'certificate not trusted',
      cause:
        'git could not read github.com/acme/lib@v1.0.0: 127.0.0.1:<port> presents a certificate that git does not trust on this machine.',
      fix: 'Set the input `ca-certificate` to its certificate authority. For Go on macOS and Windows, add it to the system’s store.',
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.0.0: certificate not trusted' }],
    },
  })

  failingGo('git-prompts-replaced', 'has no credentials for a private fork', {
    files: {
      ...download.files,
      'go.mod': goMod(
        'require example.com/lib v1.2.0',
        'replace example.com/lib => github.com/acme/lib v1.0.0',
      ),
    },
    args: ['mod', 'download'],
    arrange: serverThatAnswers(401, basic),
    explained: {
      title: 'git has no credentials',
      cause:
        '127.0.0.1:<port> requires a user and password to read example.com/lib@v1.2.0, and git has none. A replace line substitutes github.com/acme/lib@v1.0.0 for example.com/lib.',
      fix: credentials,
      places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.2.0: git has no credentials' }],
    },
  })

  failingGo('git-500', 'meets a failing server', {
    ...download,
    arrange: serverThatAnswers(500),
    explained: {
      title: 'git cannot reach the server',
      cause: 'git could not read github.com/acme/lib@v1.0.0 from 127.0.0.1:<port>.',
      fix: 'Run the job again. If the error persists, check that this machine can reach 127.0.0.1:<port>.',
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.0.0: git cannot reach the server' }],
    },
  })

  failingGo('git-missing', 'is not installed', {
    ...download,
    arrange: withoutGit,
    explained: {
      title: 'git is not installed',
      cause: 'Go needs git to fetch github.com/acme/lib@v1.0.0, but git is not on PATH.',
      fix: 'Install git before this step, or set `goproxy` to a proxy that has the module.',
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.0.0: git is not installed' }],
    },
  })

  failingGo('git-forbidden', 'is forbidden by GOVCS', {
    ...download,
    arrange: () => ({ env: { GOPROXY: 'direct', GOVCS: 'public:hg' } }),
    explained: {
      title: 'GOVCS forbids the version control system',
      cause: 'github.com/acme/lib@v1.0.0 must be fetched with git, which GOVCS does not allow for it.',
      fix: 'Set `govcs: github.com/acme/lib:git`, or `goproxy` to a proxy that has the module.',
      places: [
        {
          file: 'go.mod',
          line: 5,
          text: 'github.com/acme/lib@v1.0.0: GOVCS forbids the version control system',
        },
      ],
    },
  })
})

describe('a version', () => {
  const requiring = (version: string) => ({
    ...download.files,
    'go.mod': download.files['go.mod'].replace('v1.0.0', version),
  })

  failingGo('revision-unknown-tag', 'was never tagged', {
    ...download,
    files: requiring('v1.9.0'),
    arrange: repositoryWithTags,
    explained: {
      title: 'version not found',
      cause: 'The repository of github.com/acme/lib@v1.9.0 has no tag, branch or commit v1.9.0.',
      fix: 'Require an existing version: run `go get github.com/acme/lib@latest`.',
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v1.9.0: version not found' }],
    },
  })

  failingGo('revision-unknown-commit', 'names a commit that is gone', {
    ...download,
    files: requiring('v0.0.0-20200101000000-aaaaaaaaaaaa'),
    arrange: repositoryWithTags,
    explained: {
      title: 'version not found',
      cause:
        'The repository of github.com/acme/lib@v0.0.0-20200101000000-aaaaaaaaaaaa has no tag, branch or commit aaaaaaaaaaaa.',
      fix: 'Require an existing version: run `go get github.com/acme/lib@latest`.',
      places: [
        {
          file: 'go.mod',
          line: 5,
          text: 'github.com/acme/lib@v0.0.0-20200101000000-aaaaaaaaaaaa: version not found',
        },
      ],
    },
  })

  failingGo('revision-unknown-branch', 'names a branch that is gone', {
    ...download,
    args: ['mod', 'download', 'github.com/acme/lib@gone'],
    arrange: repositoryWithTags,
    explained: {
      title: 'version not found',
      cause: 'The repository of github.com/acme/lib@gone has no tag, branch or commit gone.',
      fix: 'Require an existing version: run `go get github.com/acme/lib@latest`.',
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@gone: version not found' }],
    },
  })

  failingGo('version-invalid', 'is of another major version than the path', {
    ...download,
    args: ['mod', 'download', 'github.com/acme/lib@v2.0.0'],
    arrange: repositoryWithTags,
    explained: {
      title: 'invalid version',
      cause:
        'The version of github.com/acme/lib@v2.0.0 is invalid: module contains a go.mod file, so module path must match major version ("github.com/acme/lib/v2").',
      fix: 'Run `go get github.com/acme/lib/v2@v2.0.0` and import that path, or require an older version of github.com/acme/lib.',
      places: [{ file: 'go.mod', line: 5, text: 'github.com/acme/lib@v2.0.0: invalid version' }],
    },
  })
})

failingGo('path-unrecognized', 'no server knows the repository of a module path', {
  files: appWith(lib),
  args: ['mod', 'download'],
  // https is unreachable, so git tries http, which goes through a proxy of ours.
  arrange: async () => ({
    env: {
      GOPROXY: 'direct',
      GOINSECURE: 'example.com',
      HTTPS_PROXY: 'http://127.0.0.1:1',
      HTTP_PROXY: await startAnswering({ status: 404 }),
    },
  }),
  explained: {
    title: 'unknown module path',
    cause: 'The module host example.com answered 404 Not Found when Go requested example.com/lib@v1.0.0.',
    fix: 'Check the path example.com/lib. If the module is private, add example.com to `credentials`, or set `goproxy` to a proxy that serves it.',
    places: [{ file: 'go.mod', line: 5, text: 'example.com/lib@v1.0.0: unknown module path' }],
  },
})
