import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { FaultRule } from '../../../testbed/cache-service/faults.ts'
import { startCacheService } from '../../../testbed/cache-service/service.ts'
import { startForwardProxy } from '../../../testbed/forward-proxy.ts'
import { type Certificate, makeCertificate } from '../../golden/self-signed.ts'
import { slice } from '../../harness/extent.ts'
import { objectOf, type RangeRequest, sendUpTo, serveObject } from '../../harness/object-server.ts'
import { temporaryFolder } from '../../temporary.ts'

const mebi = 1024 * 1024
const script = path.join(import.meta.dirname, 'transfer-process.ts')

/** Runs the process, and measures how long it stays after its result. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder()
  const [what = '', ...others] = args
  const child = spawn(process.execPath, [script, what, folder, ...others], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let [result, at] = ['', 0]
  for await (const line of createInterface(child.stdout)) {
    const found = /^result (.*)$/.exec(line)?.[1]
    if (found !== undefined) [result, at] = [found, performance.now()]
  }
  const [code, signal] = await ended
  return { result, code, signal, stayed: performance.now() - at }
}

/** Expects a result, and that the process ends by itself soon after it. */
async function expectEnd(ran: ReturnType<typeof run>, result: RegExp): Promise<void> {
  const { stayed, ...ended } = await ran
  expect(ended).toEqual({ result: expect.stringMatching(result), code: 0, signal: null })
  expect(stayed).toBeLessThan(1000)
}

let object: Buffer
let certificate: Certificate

beforeAll(async () => {
  const base = mkdtempSync(path.join(tmpdir(), 'go-deps-test-'))
  for (const name of ['a', 'b']) writeFileSync(path.join(base, name), randomBytes(5 * mebi))
  const units = ['a', 'b'].map((name) => ({ name, roots: [name] }))
  object = await objectOf({ kind: 'modules', metadata: {}, base, units, shards: 2 })
  mkdirSync(path.join(base, 'certificate'))
  certificate = await makeCertificate(path.join(base, 'certificate'), 'cache.corp.test,127.0.0.1')
  return () => rmSync(base, { recursive: true, maxRetries: 5 })
})

const later =
  (answer: (range: RangeRequest) => void) =>
  (range: RangeRequest): void =>
    range.count === 1 ? range.serve() : answer(range)

const flipped = (one: Buffer) => {
  const other = Buffer.from(one)
  const at = Math.floor(one.length * 0.7)
  other[at] = (other[at] ?? 0) ^ 1
  return other
}

const restores: readonly (readonly [string, string, (range: RangeRequest) => void, RegExp])[] = [
  ['succeeds', '30', ({ serve }) => serve(), /"found":"exact"/],
  [
    'hangs halfway',
    '1',
    later((range) => void sendUpTo(range, range.from + 100_000, 'silence')),
    /within 1 s/,
  ],
  ['is refused halfway', '30', later(({ response }) => void response.writeHead(404).end()), /404/],
  [
    'has another object halfway',
    '30',
    later(({ response, from, to }) => {
      const head = { 'content-range': `bytes ${from}-${to - 1}/${to + 1}`, 'content-length': to - from }
      response.writeHead(206, head).write('x')
    }),
    /changed while it was read/,
  ],
]

describe('the process of a restore ends by itself', () => {
  test.each(slice(restores, 2))('when it %s', async (_, seconds, answer, result) => {
    const { url } = await serveObject(object, answer)
    await expectEnd(run(['restore', url.href, '', seconds]), result)
  })

  test('when a bit is flipped', async () => {
    const { url } = await serveObject(flipped(object))
    await expectEnd(run(['restore', url.href, '', '30']), /the entry could not be used/)
  })

  // A tunnel through a proxy has no shared connections, and the server has a certificate of the company.
  test.each(slice([...restores].reverse(), 2))(
    'when it %s, in tunnels with a certificate of the company',
    async (_, seconds, answer, result) => {
      const tls = { cert: `${certificate.certificate}`, key: `${certificate.key}` }
      const { url } = await serveObject(object, answer, tls)
      const proxy = await startForwardProxy({ 'cache.corp.test': url.origin })
      onTestFinished(() => proxy.stop())
      const env = { https_proxy: proxy.url, no_proxy: '', NODE_EXTRA_CA_CERTS: certificate.file }
      await expectEnd(run(['restore', 'https://cache.corp.test/object', '', seconds], env), result)
      expect(
        proxy.requests.filter(({ method, status }) => method === 'CONNECT' && status === 200),
      ).not.toEqual([])
    },
  )

  test('when the certificate is unknown', async () => {
    const tls = { cert: `${certificate.certificate}`, key: `${certificate.key}` }
    const { url } = await serveObject(object, undefined, tls)
    await expectEnd(run(['restore', url.href, '', '30'], { NODE_EXTRA_CA_CERTS: '' }), /certificate/)
  })
})

describe('the process of a save ends by itself', () => {
  const large = String(24 * mebi)
  const denied = { kind: 'answer', answer: { status: 403 } } as const
  const saves: readonly (readonly [string, readonly string[], FaultRule | undefined, RegExp])[] = [
    ['succeeds', ['1000', '30'], undefined, /saved/],
    ['succeeds with many parts', [large, '30'], undefined, /saved/],
    ['is refused at a part', [large, '30'], { on: 'upload', after: 1, effect: denied }, /failed.*403/],
    ['hangs at a part', [large, '1'], { on: 'upload', after: 1, effect: { kind: 'hang' } }, /within 1 s/],
    [
      'hangs at the end',
      ['1000', '1'],
      { on: 'FinalizeCacheEntryUpload', effect: { kind: 'hang' } },
      /within 1 s/,
    ],
    ['exceeds the maximum', [large, '30', String(9 * mebi)], undefined, /withdrawn/],
  ]

  test.each(slice(saves, 3))('when it %s', async (_, args, rule, result) => {
    const service = await startCacheService()
    onTestFinished(() => service.stop())
    if (rule !== undefined) service.fault(rule)
    await expectEnd(run(['save', '', ...args], service.environment()), result)
    expect(service.entries()).toHaveLength(/saved/.test(`${result}`) ? 1 : 0)
  })
})
