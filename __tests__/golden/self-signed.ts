import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { onTestFinished } from 'vitest'
import { runProcess } from '../../testbed/process.ts'
import { writeFiles } from '../temporary.ts'

const request = `[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = go-deps test
[extensions]
subjectAltName = IP:127.0.0.1
basicConstraints = critical, CA:TRUE
`

/**
 * A https server on 127.0.0.1 whose certificate nobody trusts; it ends with the test.
 *
 * @param folder where key and certificate are written
 * @throws Error when openssl fails
 */
export async function startSelfSigned(folder: string): Promise<string> {
  writeFiles(folder, { 'tls/request.cnf': request })
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout key.pem'
  const { exitCode, stderr } = await runProcess({
    command: 'openssl',
    args: [
      'req',
      '-x509',
      '-config',
      'request.cnf',
      ...key.split(' '),
      '-out',
      'certificate.pem',
      '-days',
      '2',
    ],
    cwd: path.join(folder, 'tls'),
    env: { PATH: process.env.PATH ?? '' },
  })
  if (exitCode !== 0) throw new Error(`openssl failed: ${stderr}`)
  const [keyText, certificate] = ['key.pem', 'certificate.pem'].map((name) =>
    readFileSync(path.join(folder, 'tls', name)),
  )
  const server = createServer({ key: keyText, cert: certificate }, (_, response) => response.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}
