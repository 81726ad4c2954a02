import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { downloadEnvironment, hideMachineVariables, machineNames } from '../testbed/environment.ts'
import { startBed } from './harness/bed.ts'
import { runnerJob } from './harness/runner-job.ts'

const machine = {
  ...{ GIT_SSL_CAINFO: '/ca.pem', GIT_CONFIG_COUNT: '0', GIT_SSH_COMMAND: 'ssh', GIT_DIR: '/g' },
  ...{ SSL_CERT_FILE: '/ca.pem', SSL_CERT_DIR: '/certs', NODE_EXTRA_CA_CERTS: '/ca.pem' },
  ...{ HTTPS_PROXY: 'http://p', http_proxy: 'http://p', No_Proxy: 'x', ALL_PROXY: 'http://p' },
  ...{ GOPROXY: 'off', GOFLAGS: '-v', GOCACHE: '/c', GOENV: 'off', GOROOT: '/go', GO111MODULE: 'on' },
  ...{ GO_DOWNLOAD_BASE_URL: 'https://x', GO_DEPS_PRIVATE_MODULES: '*' },
}
const others = { PATH: '/bin', HOME: '/root', GO_DEPS_FULL: '1', GO_DEPS_SEED: '3', CGO_ENABLED: '0' }

test('variables of the machine are removed, and used for downloads only', () => {
  const environment: Record<string, string | undefined> = { ...machine, ...others }
  hideMachineVariables(environment)
  expect(machineNames(environment)).toEqual([])
  expect(environment).toMatchObject({ PATH: '/bin', HOME: '/root', GO_DEPS_FULL: '1', GO_DEPS_SEED: '3' })
  const { GIT_SSL_CAINFO, SSL_CERT_FILE, SSL_CERT_DIR, NODE_EXTRA_CA_CERTS, GOPROXY, GOFLAGS } = machine
  const { HTTPS_PROXY, http_proxy } = machine
  const kept = { GIT_SSL_CAINFO, SSL_CERT_FILE, SSL_CERT_DIR, NODE_EXTRA_CA_CERTS, GOPROXY, GOFLAGS }
  expect(downloadEnvironment(environment)).toEqual({ ...kept, HTTPS_PROXY, http_proxy })
  // Vitest reads its configuration more than once.
  hideMachineVariables(environment)
  expect(downloadEnvironment(environment)).toEqual({ ...kept, HTTPS_PROXY, http_proxy })
})

test('this process and its children have none of them', () => {
  expect(machineNames(process.env)).toEqual([])
  const seen = execFileSync(process.execPath, ['-p', 'JSON.stringify(process.env)'], { encoding: 'utf8' })
  expect(machineNames(JSON.parse(seen))).toEqual([])
})

test('a job has the variables that its test sets', async () => {
  const bed = await startBed()
  await bed.repository(undefined, { 'README.md': 'no Go here\n' })
  const { shell } = await runnerJob(bed, { run: 'env' })
  const names = (shell?.stdout ?? '').split('\n').map((line) => line.replace(/=.*/, ''))
  expect(names).toContain('GOPROXY')
  const named = [...Object.keys(bed.goEnvironment), 'GOMODCACHE', 'GOCACHE']
  const all = machineNames(Object.fromEntries(names.map((name) => [name, ''])))
  expect(all.filter((name) => !named.includes(name))).toEqual([])
})
