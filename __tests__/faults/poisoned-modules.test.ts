import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { endOf, type Machine, startMachine } from '../bundle/shared-machine.ts'
import { tornIn } from '../bundle/whole-caches.ts'
import { smallRepository } from '../bundle/whole-job.ts'
import { madeModule, publish, sumLines } from '../golden/modules.ts'
import { said } from '../harness/runner-job.ts'
import { scriptInside } from './envelope.ts'

const [lib, other] = [madeModule('example.com/lib', 'v1.0.0'), madeModule('example.com/other', 'v1.0.0')]
const name = 'example.com/lib@v1.0.0'
const recorded = sumLines(lib).split(/\s/)[2] ?? ''
const evil = madeModule('example.com/lib', 'v1.0.0', { 'evil.go': 'package lib\n\nconst Evil = true\n' })
const evilHash = sumLines(evil).split(/\s/)[2] ?? ''

/** Changes an entry, as anyone with write access to entries can. */
const tampering = `printf 'package lib\\n\\nconst Evil = true\\n' > example.com/lib@v1.0.0/evil.go`

async function poisoned(): Promise<Machine> {
  const machine = await startMachine([lib, other])
  await machine.write('org/app', smallRepository('app', [lib, other]))
  const { post } = await run(machine, {})
  expect(post.stdout).toContain('Module cache: saved')
  const { service } = machine.bed
  service.damage(service.entries()[0]?.key ?? '', scriptInside(tampering))
  await machine.renew()
  return machine
}

async function run(machine: Machine, inputs: Readonly<Record<string, string>>, script?: string) {
  const { job, temp } = await machine.start({ repository: 'org/app' })
  const asked = machine.proxy.requests.length
  const main = await job.action({ with: { 'cache-build': 'false', ...inputs } })
  const requests = machine.proxy.requests.slice(asked)
  const zips = requests.flatMap(({ kind, module }) => (kind === 'zip' ? [module] : []))
  const shell = script === undefined ? undefined : await job.shell(script)
  const post = await endOf(job)
  expect(post.exitCode, post.stdout).toBe(0)
  const left = [temp, machine.gomodcache]
    .flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
    .filter((one) => one.includes('go-deps-action'))
  expect(left).toEqual([])
  return { main, shell, post, zips }
}

test('a changed module is discarded and downloaded again, a warning names both hashes, and the entry is replaced', async () => {
  const machine = await poisoned()
  const healed = await run(machine, {}, 'go build ./... && go mod verify')
  expect(healed.main.exitCode, healed.main.stdout).toBe(0)
  expect(healed.zips).toEqual(['example.com/lib'])
  const [warning = '', ...more] = said(healed.main, 'warning')
  expect(more).toEqual([])
  expect(warning).toContain(name)
  expect(warning).toMatch(/recorded h1:\S+, found h1:/)
  expect(healed.shell?.exitCode, healed.shell?.stderr).toBe(0)
  expect(tornIn(machine, [lib, other])).toEqual([])
  expect(healed.post.stdout).toContain('Module cache: saved')

  await machine.renew()
  const after = await run(machine, {})
  expect(after.main.outputs['modules-cache']).toBe('exact')
  expect([...after.zips, ...said(after.main, 'warning')]).toEqual([])
  expect(tornIn(machine, [lib, other])).toEqual([])
})

test('`on-corrupt: fail` fails the step and keeps no file of the module', async () => {
  const machine = await poisoned()
  const { main, zips } = await run(machine, { 'on-corrupt': 'fail' })
  expect(main.exitCode).toBe(1)
  expect(zips).toEqual([])
  const [error = ''] = said(main, 'error')
  expect(error).toContain(name)
  expect(main.stdout).toMatch(/^::error title=SECURITY::/m)
  expect(existsSync(path.join(machine.gomodcache, name))).toBe(false)
  const download = path.join(machine.gomodcache, 'cache/download/example.com/lib/@v')
  // The list of versions belongs to the module, not to one of the versions.
  const left = existsSync(download) ? readdirSync(download) : []
  expect(left.filter((file) => file !== 'list')).toEqual([])
  // The correct modules are there.
  expect(existsSync(path.join(machine.gomodcache, 'example.com/other@v1.0.0/other.go'))).toBe(true)
})

test('the job fails with both hashes if a module is still wrong after it was downloaded again', async () => {
  const machine = await poisoned()
  publish(machine.served, evil)
  const { main } = await run(machine, {})
  expect(main.exitCode).toBe(1)
  expect(main.stdout).toMatch(/^::error title=SECURITY::/m)
  const errors = said(main, 'error').join('\n')
  for (const part of [name, recorded, evilHash]) expect(main.stdout + errors).toContain(part)
  expect(existsSync(path.join(machine.gomodcache, name))).toBe(false)
})

test('without verification an entry is used as it is', async () => {
  const machine = await poisoned()
  const { main } = await run(machine, { verify: 'false' })
  expect(main.exitCode).toBe(0)
  expect(readFileSync(path.join(machine.gomodcache, name, 'evil.go'), 'utf8')).toContain('Evil')
})

test('a module that a step has changed is not saved, and later runs neither warn nor save again', async () => {
  const machine = await startMachine([lib, other])
  await machine.write('org/app', smallRepository('app', [lib, other]))
  const step = `cd "$GOMODCACHE" && chmod -R u+w example.com && ${tampering}`
  const first = await run(machine, {}, step)
  expect(first.post.stdout).toMatch(/^Omitted from the entry: example\.com\/lib@v1\.0\.0 hashes to h1:/m)
  expect(first.post.stdout).toContain('Module cache: saved')
  const entries = machine.bed.service.entries().length
  for (const _ of [2, 3]) {
    await machine.renew()
    const { main, post, zips } = await run(machine, {}, step)
    expect(zips).toEqual(['example.com/lib'])
    expect([...said(main, 'warning'), ...said(post, 'warning')]).toEqual([])
    expect(post.stdout).toContain('Module cache: up to date, nothing new to save')
  }
  expect(machine.bed.service.entries()).toHaveLength(entries)
})
