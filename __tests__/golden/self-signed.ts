import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { onTestFinished } from 'vitest'
import { runProcess } from '../../testbed/process.ts'
import { writeFiles } from '../temporary.ts'

/** A key and a self-signed certificate, as PEM texts. */
export interface Certificate {
  readonly key: Buffer
  readonly certificate: Buffer
  /** Absolute path of the key. */
  readonly keyFile: string
  /** Absolute path of the certificate. */
  readonly file: string
}

/**
 * Creates an untrusted certificate for 127.0.0.1, or for other hosts.
 *
 * @param folder where key and certificate are written
 * @param hosts separated by `,`
 * @throws Error when Go's own certificate generator fails
 */
export async function makeCertificate(folder: string, hosts = '127.0.0.1'): Promise<Certificate> {
  writeFiles(folder, { 'tls/.keep': '' })
  const { GOROOT: _, ...env } = process.env as Record<string, string>
  const goroot = await runProcess({ command: 'go', args: ['env', 'GOROOT'], cwd: folder, env })
  const generator = path.join(goroot.stdout.trim(), 'src', 'crypto', 'tls', 'generate_cert.go')
  const { exitCode, stderr } = await runProcess({
    command: 'go',
    // Compiled like the tools (scripts/setup/go-tools.mjs), so that most of it is already compiled.
    args: ['run', '-gcflags=all=-N -l', generator, '-host', hosts, '-ca', '-ecdsa-curve', 'P256'],
    cwd: path.join(folder, 'tls'),
    env: { ...env, GOFLAGS: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
  })
  if (exitCode !== 0) throw new Error(`${generator} failed: ${stderr}`)
  const [keyFile, file] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, 'tls', name)) as [
    string,
    string,
  ]
  return { key: readFileSync(keyFile), certificate: readFileSync(file), keyFile, file }
}

/**
 * A https server on 127.0.0.1 with an untrusted certificate; it ends with the test.
 *
 * @param folder where key and certificate are written
 */
export async function startSelfSigned(folder: string): Promise<string> {
  const { key, certificate } = await makeCertificate(folder)
  const server = createServer({ key, cert: certificate }, (_, response) => response.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}
