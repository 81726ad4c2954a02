import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explainGo } from '../../../src/gocmd/explain/explain.ts'
import { firstLines } from '../../../src/gocmd/explain/message.ts'

/** A proxy request up to the error text; net/url, Error. */
const get = 'go: example.com/lib@v1.0.0: Get "https://proxy.example.com/example.com/lib/@v/v1.0.0.zip":'
/** cmd/go/internal/modfetch/codehost/git.go, up to the output of git. */
const gitError =
  'go: example.com/lib@v1.0.0: git ls-remote -q --end-of-options https://git.example.com/lib in /cache/vcs/0a: exit status 128:\n\t'

/**
 * Messages that real Go does not print in the golden tests: unusual network failures, other systems, disks that
 * cannot be written, older versions. Each has its source in a comment.
 */
const elsewhere: readonly (readonly [text: string, title: string, cause: string])[] = [
  // net/dnsclient_unix.go and net/lookup_windows.go
  [
    `${get} dial tcp: lookup proxy.example.com on 127.0.0.53:53: no such host`,
    'host name not found',
    'The module proxy proxy.example.com has a host name that does not resolve when Go requested example.com/lib@v1.0.0: dial tcp: lookup proxy.example.com on 127.0.0.53:53: no such host.',
  ],
  [
    `${get} dial tcp: lookup proxy.example.com: Temporary failure in name resolution`,
    'host name not found',
    'proxy.example.com',
  ],
  [
    `${get} dial tcp: lookup proxy.example.com: No such host is known.`,
    'host name not found',
    'proxy.example.com',
  ],
  // net/net.go, net/http/transport.go and net/http/client.go
  [`${get} dial tcp 192.0.2.1:443: i/o timeout`, 'no answer in time', 'did not answer in time'],
  [`${get} net/http: TLS handshake timeout`, 'no answer in time', 'did not answer in time'],
  [
    `${get} context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    'no answer in time',
    'did not answer in time',
  ],
  // syscall/zerrors_linux_amd64.go, and Windows' WSAECONNREFUSED and WSAECONNRESET
  [`${get} dial tcp 192.0.2.1:443: connect: network is unreachable`, 'no network', 'cannot be reached'],
  [
    `${get} dial tcp 192.0.2.1:443: connectex: No connection could be made because the target machine actively refused it.`,
    'connection refused',
    'refused the connection',
  ],
  [
    `${get} read tcp 10.0.0.1:2->192.0.2.1:443: wsarecv: An existing connection was forcibly closed by the remote host.`,
    'connection lost',
    'dropped the connection',
  ],
  // cmd/go/internal/modfetch/proxy.go, getBytes
  [
    'go: example.com/lib@v1.0.0: read "https://proxy.example.com/example.com/lib/@v/v1.0.0.zip": unexpected EOF',
    'connection lost',
    'example.com/lib@v1.0.0: unexpected EOF.',
  ],
  // net/http/transport.go
  [
    `${get} Proxy Authentication Required`,
    'the forward proxy does not let requests through',
    'forward proxy',
  ],
  [
    `${get} proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: connection refused`,
    'the forward proxy does not let requests through',
    '192.0.2.1:3128',
  ],
  // A module proxy that could not fetch a private module; the git output is the proxy's.
  [
    "go: example.com/lib@v1.0.0: reading https://proxy.example.com/example.com/lib/@v/v1.0.0.mod: 404 Not Found\n\tserver response:\n\tnot found: example.com/lib@v1.0.0: invalid version: git ls-remote -q origin in /tmp/gopath/pkg/mod/cache/vcs/0a: exit status 128:\n\t\tfatal: could not read Username for 'https://git.example.com': terminal prompts disabled",
    'module or version not found',
    'The module proxy proxy.example.com answered 404 Not Found when Go requested example.com/lib@v1.0.0.',
  ],
  // The same for the checksum database, which is asked for every module that is not private.
  [
    "go: example.com/lib@v1.0.0: verifying module: example.com/lib@v1.0.0: reading https://sums.example.com/lookup/example.com/lib@v1.0.0: 404 Not Found\n\tserver response:\n\tnot found: example.com/lib@v1.0.0: invalid version: git ls-remote -q origin in /tmp/gopath/pkg/mod/cache/vcs/0a: exit status 128:\n\t\tfatal: could not read Username for 'https://git.example.com': terminal prompts disabled",
    'module unknown to the checksum database',
    'The checksum database sums.example.com answered 404 Not Found when Go requested example.com/lib@v1.0.0.',
  ],
  // golang.org/x/mod/sumdb/client.go
  [
    'SECURITY ERROR\ngo.sum database server misbehavior detected!\n\nold database:\n',
    'the checksum database cannot be trusted',
    'The responses of the checksum database do not match its signatures.',
  ],
  // git and ssh, as cmd/go/internal/modfetch/codehost/git.go shows them
  [
    `${gitError}git@git.example.com: Permission denied (publickey).\n\tfatal: Could not read from remote repository.`,
    'git is refused access by ssh',
    'git.example.com accepts none of the keys that ssh offered for example.com/lib@v1.0.0.',
  ],
  [
    `${gitError}ssh -o ControlMaster=no -o BatchMode=yes: 1: ssh: not found\n\tfatal: Could not read from remote repository.`,
    'ssh is not installed',
    'git needs ssh to fetch example.com/lib@v1.0.0',
  ],
  [
    `${gitError}/bin/sh: line 1: ssh: command not found\n\tfatal: Could not read from remote repository.`,
    'ssh is not installed',
    'git needs ssh to fetch example.com/lib@v1.0.0',
  ],
  [
    `${gitError}Host key verification failed.`,
    'the host key is not known',
    'ssh does not accept the host key of the server of example.com/lib@v1.0.0.',
  ],
  [
    `${gitError}remote: ERROR: The project you were looking for could not be found or you don't have permission to view it.\n\tfatal: Could not read from remote repository.`,
    'repository not found',
    'the ssh key of this job has no access to it',
  ],
  [
    `${gitError}ssh: Could not resolve hostname git.example.com: Name or service not known\n\tfatal: Could not read from remote repository.`,
    'git cannot reach the server',
    'git could not read example.com/lib@v1.0.0 from git.example.com by ssh.',
  ],
  [
    `${gitError}kex_exchange_identification: Connection closed by remote host\n\tfatal: Could not read from remote repository.`,
    'git cannot reach the server',
    'The server dropped the connection',
  ],
  [
    `${gitError}Connection reset by 192.0.2.1 port 22\n\tfatal: Could not read from remote repository.`,
    'git cannot reach the server',
    '192.0.2.1 dropped the connection',
  ],
  [
    `${gitError}Unable to negotiate with 192.0.2.1 port 22: no matching host key type found.\n\tfatal: Could not read from remote repository.`,
    'git cannot read the repository by ssh',
    'see its output below',
  ],
  [
    `${gitError}fatal: unable to access 'https://git.example.com/lib/': Could not resolve host: git.example.com`,
    'git cannot reach the server',
    'git could not read example.com/lib@v1.0.0 from git.example.com.',
  ],
  // cmd/go/internal/vcs/vcs.go: up to Go 1.24, and paths that end in .git
  [
    'go: missing Git command. See https://golang.org/s/gogetcmd\ngo: example.com/lib.git@v1.0.0: no secure protocol found for repository',
    'git is not installed',
    'Go needs git to fetch the module',
  ],
  [
    'go: example.com/lib.git@v1.0.0: no secure protocol found for repository',
    'repository not found',
    'example.com/lib.git@v1.0.0',
  ],
  [
    'go: example.com/lib@v1.0.0: unrecognized import path "example.com/lib": parse https://example.com/lib?go-get=1: no go-import meta tags ()',
    'unknown module path',
    'example.com/lib@v1.0.0',
  ],
  // cmd/go/internal/modfetch/coderepo.go
  [
    'go: example.com/lib@v0.0.0-20200101000000-0123456789ab: invalid pseudo-version: does not match version-control timestamp (expected 20200102000000)',
    'invalid version',
    'does not match version-control timestamp',
  ],
  // syscall/zerrors_linux_amd64.go and Windows, behind os.PathError
  [
    'go: example.com/lib@v1.0.0: write /home/runner/go/pkg/mod/cache/download/example.com/lib/@v/v1.0.0.zip1.tmp: no space left on device',
    'the disk is full',
    'The disk has no space for the module cache',
  ],
  [
    'go: write D:\\a\\app\\vendor\\example.com\\lib\\lib.go: There is not enough space on the disk.',
    'the disk is full',
    'The disk has no space for the vendor directory',
  ],
  [
    'go: could not create module cache: mkdir /opt/modules: read-only file system',
    'the file system is read-only',
    'Go must write the module cache, but cannot (/opt/modules: read-only file system).',
  ],
  [
    'go: open D:\\a\\app\\go.sum: Access is denied.',
    'no permission to write',
    'Go must write go.sum, but the user of this job may not',
  ],
  // Go 1.20 reading files of newer ones; golang.org/x/mod/modfile/rule.go
  [
    "go: errors parsing go.mod:\n/home/runner/work/app/go.mod:3: invalid go version '1.21.0': must match format 1.23\n/home/runner/work/app/go.mod:5: unknown directive: toolchain",
    'go.mod cannot be read',
    "go.mod:3: invalid go version '1.21.0': must match format 1.23, go.mod:5: unknown directive: toolchain",
  ],
  // cmd/go/internal/toolchain/select.go
  [
    'go: invalid toolchain: go1.25 is a language version but not a toolchain version (go1.25.x)',
    'no toolchain has this version',
    'go1.25',
  ],
]

describe('messages of other networks, systems and versions', () => {
  test.each(elsewhere)('%s', (text, title, cause) => {
    for (const output of [`${text}\n`, `${text.replaceAll('\n', '\r\n')}\r\n`]) {
      const explained = explainGo(output)
      expect(explained?.title).toBe(title)
      expect(explained?.cause).toContain(cause)
      expect(explained?.fix).toMatch(/^[A-Z].+[.`]$/)
      expect(explained?.security).toBe(/SECURITY/.test(text) ? true : undefined)
    }
  })
})

describe('unknown messages', () => {
  test.each([
    '',
    '# example.com/app\n./main.go:4:2: undefined: nothing\n',
    'pattern ./...: open /home/runner/work/app/private: permission denied\n',
    'FAIL\texample.com/app\t0.01s\nmain_test.go:9: reading configuration: 404 is not 200\nGet "/health": no\n',
    "go: go.mod file not found in current directory or any parent directory; see 'go help modules'\n",
    'fork/exec /tmp/go-build1/b001/app.test: permission denied\n',
  ])('%j stays unchanged', (output) => {
    expect(explainGo(output)).toBeUndefined()
  })
})

test('reports a possible attack before any other failure', () => {
  const output = `${get} dial tcp 192.0.2.1:443: i/o timeout\ngo: example.com/other@v1.0.0: verifying module: checksum mismatch\n\tdownloaded: h1:a=\n\tsums.example.com: h1:b=\n\nSECURITY ERROR\n`
  expect(explainGo(output)).toMatchObject({ title: 'checksum mismatch', security: true })
})

test('names the file as the user knows it', () => {
  const files = ['go.mod', 'services/api/go.mod'].map((file) => ({ file, text: 'module example.com/app\n' }))
  const output =
    'go: errors parsing D:\\a\\app\\services\\api\\go.mod:\nD:\\a\\app\\services\\api\\go.mod:1: unknown directive: modul\n'
  expect(explainGo(output, { modules: files })?.places).toEqual([
    { file: 'services/api/go.mod', line: 1, text: 'unknown directive: modul' },
  ])
})

describe('the next source in GOPROXY', () => {
  const fails =
    'go: example.com/lib@v1.0.0: reading https://one.example.com/example.com/lib/@v/v1.0.0.mod: 503 Service Unavailable'
  const next = /Go did not try the next source/

  test.each([
    ['https://one.example.com,direct', true],
    ['https://somebody:secret@one.example.com/go,https://two.example.com|direct', true],
    ['https://one.example.com|https://two.example.com,direct', false],
    ['https://two.example.com,https://one.example.com', false],
    ['https://two.example.com,direct', false],
  ])('is named as not asked for %s: %s', (goproxy, isReported) => {
    expect(next.test(explainGo(fails, { goproxy })?.cause ?? '')).toBe(isReported)
  })

  test('is not named after 404', () => {
    const absent = fails.replace('503 Service Unavailable', '404 Not Found')
    expect(explainGo(absent, { goproxy: 'https://one.example.com,direct' })?.cause).not.toMatch(next)
  })
})

test('explanations never contain user and password of a URL', () => {
  const folder = path.resolve(import.meta.dirname, '../../golden/texts')
  const golden = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'))
  const texts = [
    ...golden.map((text) => text.replaceAll('<proxy>', 'https://proxy.example.com')),
    ...elsewhere.map(([text]) => text),
  ]
  const withUrl = texts.filter((text) => /\w:\/\//.test(text))
  expect(withUrl.length).toBeGreaterThan(40)
  const secrets = fc.stringMatching(/^[A-Za-z][\w.~%!$&*+,;=-]{11,20}$/)
  fc.assert(
    fc.property(fc.constantFrom(...withUrl), secrets, secrets, (text, user, password) => {
      for (const userinfo of [user, `${user}:${password}`]) {
        const output = text.replaceAll(/(\w:\/\/)(?=[\w<])/g, (scheme) => `${scheme}${userinfo}@`)
        const goproxy = `https://${userinfo}@proxy.example.com,direct`
        const shown = JSON.stringify(explainGo(output, { goproxy }) ?? '') + firstLines(output, 50)
        expect(shown).not.toContain(user)
        expect(shown).not.toContain(password)
      }
    }),
    { numRuns: 500 },
  )
})
