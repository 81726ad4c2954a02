import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAthens } from '../../testbed/athens.ts'
import { startGoproxy } from '../../testbed/goproxy.ts'
import { startModuleProxy } from '../../testbed/module-proxy.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { madeModule, publish } from '../golden/modules.ts'

// The small module proxy of the test bed fails as no real one can be made to. Here it is held to the real ones: what they
// answer to the requests of a go command, it answers, too.
const modules = [madeModule('example.com/lib', 'v1.0.0'), madeModule('example.com/Upper/Lib', 'v1.2.0-RC1')]
const servers: Record<string, string> = {}
const ends: (() => Promise<void>)[] = []
beforeAll(async () => {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-servers-'))
  ends.push(() => removeTree(folder))
  const upstream = path.join(folder, 'upstream')
  for (const module of modules) publish(upstream, module)
  const own = await startModuleProxy({ folder: upstream })
  const athens = await startAthens({ folder: path.join(folder, 'athens'), upstream })
  const goproxy = await startGoproxy({ folder: path.join(folder, 'goproxy'), upstream })
  for (const server of [own, athens, goproxy]) ends.push(server.stop)
  Object.assign(servers, { own: own.url, athens: athens.url, goproxy: goproxy.url })
})
afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

/** What of an answer counts for the go command: of an error the status, of what is found its meaning. */
async function answerOf(server: string, asked: string) {
  const response = await fetch(servers[server] + asked)
  const body = Buffer.from(await response.arrayBuffer())
  if (response.status !== 200) return { status: response.status }
  const meaning = () => {
    if (/@latest$|\.info$/.test(asked)) return (JSON.parse(body.toString()) as { Version: string }).Version
    if (asked.endsWith('/list')) return body.toString().split('\n').filter(Boolean).sort()
    return body.toString('base64')
  }
  return { status: 200, means: meaning() }
}

const [lib, upper] = ['/example.com/lib', '/example.com/!upper/!lib']
const kinds = ['info', 'mod', 'zip']
const found = [
  ...[lib, upper].flatMap((module) => [`${module}/@v/list`, `${module}/@latest`]),
  ...kinds.flatMap((kind) => [`${lib}/@v/v1.0.0.${kind}`, `${upper}/@v/v1.2.0-!r!c1.${kind}`]),
]
const missing = [
  ...kinds.map((kind) => `${lib}/@v/v1.9.0.${kind}`),
  ...kinds.map((kind) => `/example.com/none/@v/v1.0.0.${kind}`),
  '/example.com/none/@v/list',
  '/example.com/none/@latest',
  '/example.com/!upper/!lib/@v/v1.2.0-!r!c2.mod',
  '/sumdb/sums.example.com/supported',
  '/example.com/lib',
]

describe.each(['athens', 'goproxy'])('the small module proxy answers as %s', (real) => {
  test.each(found)('to %s, which is there', async (asked) => {
    const wanted = await answerOf(real, asked)
    expect(wanted.status).toBe(200)
    expect(await answerOf('own', asked)).toEqual(wanted)
  })

  test.each(missing)('to %s, which is not', async (asked) => {
    expect(await answerOf('own', asked)).toEqual(await answerOf(real, asked))
    expect((await answerOf('own', asked)).status).toBe(404)
  })
})

test('who only looks gets the same from it as from goproxy, and nothing from Athens', async () => {
  const look = async (server: string, asked: string) =>
    (await fetch(servers[server] + asked, { method: 'HEAD' })).status
  for (const [asked, status] of [
    [`${lib}/@v/v1.0.0.mod`, 200],
    [`${lib}/@v/v1.9.0.mod`, 404],
  ] as const) {
    const seen = await Promise.all(['own', 'goproxy', 'athens'].map((server) => look(server, asked)))
    expect(seen, asked).toEqual([status, status, 405])
  }
})
