import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer as createTunnel } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeCredentialFiles } from '../../src/auth/credentials.ts'
import { readCredentials } from '../../src/inputs/credentials.ts'
import { testEnv } from '../environment.ts'
import { installedGo, runGo } from '../golden/go.ts'
import { madeModule, publish } from '../golden/modules.ts'
import { makeCertificate } from '../golden/self-signed.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const host = 'git.example.com'
const lib = madeModule(`${host}/team/lib`, 'v1.0.0')

async function listen(server: Server & { closeAllConnections(): void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A module host: a page names the location of the module, its files are on the same host, and all need a bearer token. */
async function startHost(folder: string) {
  publish(path.join(folder, 'served'), lib)
  const { key, certificate, file } = await makeCertificate(folder, host)
  const refused: string[] = []
  const port = await listen(
    createServer({ key, cert: certificate }, (request, response) => {
      const { pathname } = new URL(request.url ?? '/', `https://${host}`)
      const wanted = pathname.startsWith('/team/') ? 'Bearer of-the-team' : 'Bearer of-the-files'
      if (request.headers.authorization !== wanted) {
        refused.push(pathname)
        response.writeHead(401).end('who are you?')
      } else if (request.url?.endsWith('?go-get=1') === true) {
        response.end(`<meta name="go-import" content="${lib.path} mod https://${host}/files">`)
      } else {
        const served = path.join(folder, 'served', pathname.replace(/^\/files\//, ''))
        if (existsSync(served)) response.end(readFileSync(served))
        else response.writeHead(404).end()
      }
    }),
  )
  // No name is resolved: every tunnel leads to this machine.
  const tunnel = createTunnel()
  tunnel.on('connect', (_, socket, head) => {
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
  })
  return { refused, file, forward: `http://127.0.0.1:${await listen(tunnel)}` }
}

// On other systems Go trusts the system's certificates, and no file.
test.runIf(process.platform === 'linux').each([
  // The longest path wins, and Go reads a path of the module after the query of the page.
  [`${host}/team/lib bearer:of-the-team\n${host} bearer:of-the-files`, 0],
  [`${host}/team bearer:of-the-team\n${host}/files bearer:of-the-files`, 0],
  [`${host}/team/li bearer:of-the-team\n${host}/files bearer:of-the-files`, 1],
])(
  'a real Go sends the bearer tokens of %j to the page of a module and to its files',
  async (lines, exitCode) => {
    const folder = temporaryFolder()
    const [placed, state, home] = ['placed here', 'state', 'home'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ]
    for (const one of [placed, state, home]) mkdirSync(one)
    const { refused, file, forward } = await startHost(folder)
    const { credentials } = readCredentials(lines)
    const { GOAUTH = '' } = writeCredentialFiles(credentials, {
      folder: placed,
      home,
      env: testEnv({ GOAUTH: '' }),
    })
    writeFiles(state, { '.config/go/telemetry/mode': 'off', 'go.mod': 'module example.com/app\n\ngo 1.21\n' })
    const ran = await runGo(await installedGo('current'), {
      args: ['mod', 'download', `${lib.path}@v1.0.0`],
      cwd: state,
      state,
      env: { GOAUTH, GOPROXY: 'direct', HTTPS_PROXY: forward, SSL_CERT_FILE: file },
    })
    expect(ran.exitCode, ran.stderr).toBe(exitCode)
    expect(refused.length > 0).toBe(exitCode !== 0)
  },
)
