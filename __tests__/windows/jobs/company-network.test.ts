import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { startLockedProxy } from '../../../testbed/locked-proxy.ts'
import { runProcess } from '../../../testbed/process.ts'
import { makeCertificate } from '../../golden/self-signed.ts'
import { startBed } from '../../harness/bed.ts'
import { said } from '../../harness/runner-job.ts'
import { smallModule } from '../../harness/small-module.ts'
import { isWine } from '../not-emulated.ts'
import { windowsJob, windowsRunner } from '../windows-job.ts'

/** Certificates that Windows trusts for this user. */
const store = 'HKCU\\Software\\Microsoft\\SystemCertificates\\Root\\Certificates'

/**
 * Lets Windows trust an authority until the test ends, as an administrator does. Go trusts nothing else there.
 *
 * @param file the certificate, in PEM
 */
async function trustInWindows(file: string): Promise<void> {
  const { raw } = new X509Certificate(readFileSync(file))
  const thumbprint = createHash('sha1').update(raw).digest('hex').toUpperCase()
  const run = async (command: string, ...args: readonly string[]) => {
    const request = { command, args, cwd: import.meta.dirname, env: process.env as Record<string, string> }
    const { exitCode, stdout, stderr } = await runProcess(request)
    if (exitCode !== 0) throw new Error(`${command} failed: ${stdout}${stderr}`)
  }
  if (!isWine) {
    await run('certutil', '-addstore', 'Root', file)
    onTestFinished(() => run('certutil', '-delstore', 'Root', thumbprint))
    return
  }
  // Wine has no certutil. A stored certificate is a property 32, a one, its length, and itself (wincrypt.h).
  const head = Buffer.alloc(12)
  for (const [index, value] of [32, 1, raw.length].entries()) head.writeUInt32LE(value, 4 * index)
  const blob = Buffer.concat([head, raw]).toString('hex')
  await run('reg', 'add', `${store}\\${thumbprint}`, '/v', 'Blob', '/t', 'REG_BINARY', '/d', blob, '/f')
  onTestFinished(() => run('reg', 'delete', `${store}\\${thumbprint}`, '/f'))
}

test('a module proxy behind a password and a company certificate', async () => {
  const [bed, runner] = [await startBed(), windowsRunner()]
  const { key, certificate, file } = await makeCertificate(bed.folder, 'localhost')
  const [user, secret] = ['robot', 'a-pass-w0rd']
  const proxy = await startLockedProxy({
    key,
    certificate,
    target: bed.proxy.url,
    password: `${user}:${secret}`,
  })
  onTestFinished(() => proxy.stop())
  // Wine finds no IP address in a certificate.
  const host = proxy.host.replace('127.0.0.1', 'localhost')
  const job = {
    env: bed.goEnvironment,
    cache: bed.service.environment(),
    with: {
      credentials: `${host} ${user} ${secret}`,
      goproxy: `https://${host}`,
      'ca-certificate': file,
      'cache-build': 'false',
    },
  }
  // Go on Windows trusts the system only, and the action says so.
  const untrusted = await windowsJob(runner, { ...job, files: smallModule('', '1.24') })
  expect(untrusted.main.exitCode).toBe(1)
  expect(said(untrusted.main, 'error').join('\n')).toMatch(/certificate/)

  await trustInWindows(file)
  const { main, post } = await windowsJob(runner, job)
  expect(main.exitCode, main.stdout).toBe(0)
  expect(said(main, 'warning')).toEqual([expect.stringMatching(/trusts only the certificates of the system/)])
  expect(proxy.requests.map(({ given }) => given)).toContain(`${user}:${secret}`)
  expect(post.exitCode, post.stdout).toBe(0)
  expect(main.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain(secret)
})
