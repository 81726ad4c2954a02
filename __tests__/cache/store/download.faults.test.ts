import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { downloadEntry } from '../../../src/cache/store/download.ts'
import { openConnections } from '../../../src/platform/http.ts'
import { randomNumbers } from '../../bundle/killed-machine.ts'
import { isFull, slice } from '../../harness/extent.ts'
import { newStage, type RangeRequest, sendUpTo, serveObject } from '../../harness/object-server.ts'
import { readTree } from '../archive/trees.ts'
import { download, restore, type Stored, stored, untilTheEnd } from './stored-objects.ts'

const mebi = 1024 * 1024

let small: Stored
let large: Stored

beforeAll(async () => {
  small = await stored([1000, 2000, 30_000])
  large = await stored([5 * mebi, 4 * mebi, 3 * mebi])
})

/** Lets the first range through, which holds the manifest, and breaks the others. */
const later =
  (breaks: (range: RangeRequest) => void) =>
  (range: RangeRequest): void => {
    if (range.count === 1) range.serve()
    else breaks(range)
  }

describe('a download that hangs ends at its deadline', () => {
  test('at each tenth of a body', async () => {
    const tenths = slice(
      Array.from({ length: 10 }, (_, index) => index / 10),
      4,
    )
    await Promise.all(
      [small, large].flatMap(({ object }) =>
        tenths.map(async (tenth) => {
          const at = Math.floor(object.length * tenth)
          const server = await serveObject(object, (range) =>
            range.to > at ? void sendUpTo(range, at, 'silence') : range.serve(),
          )
          const { outcome, seconds } = await restore(server, 1)
          expect(outcome).toMatchObject({ found: 'miss', error: 'no answer within 1 s', unreachable: true })
          expect(seconds).toBeLessThan(4)
        }),
      ),
    )
  })

  test.each([
    ['before the head of an answer', () => undefined],
    [
      'at one byte per second',
      (range: RangeRequest) => {
        void sendUpTo(range, range.from, 'silence')
        let at = range.from
        const timer = setInterval(() => range.response.write(range.object.subarray(at, ++at)), 1000)
        range.response.on('close', () => clearInterval(timer))
      },
    ],
    [
      'in the text of an error',
      ({ response }: RangeRequest) => void response.writeHead(500, { 'content-length': 100 }).write('no'),
    ],
  ])('%s, at the first and at a later range', async (_, answer) => {
    await Promise.all(
      [answer, later(answer)].map(async (one) => {
        const { outcome, seconds } = await restore(await serveObject(large.object, one), 1)
        expect(outcome).toMatchObject({ found: 'miss', unreachable: true, corrupt: false })
        expect(outcome.error).toContain('no answer within 1 s')
        expect(seconds).toBeLessThan(4)
      }),
    )
  })
})

test('a download whose connections break at random is resumed there, and reads no byte twice', async () => {
  for (let seed = 1; seed <= (isFull ? 20 : 2); seed++) {
    const random = randomNumbers(seed)
    const cuts = new Map<number, number>()
    const answer = (range: RangeRequest) => {
      const [count, length] = [cuts.get(range.to) ?? 0, range.to - range.from]
      cuts.set(range.to, count + 1)
      if (count > 2) return range.serve()
      // Closed connections only: after a reset, the system drops what it has received.
      void sendUpTo(range, range.from + Math.floor(random() * length), 'close')
    }
    const server = await serveObject(large.object, answer)
    const { counts, tree } = await download(server)
    expect(tree).toEqual(large.tree)
    expect(counts.bytes).toBe(large.object.length)
    expect(counts.retries).toBeGreaterThanOrEqual(cuts.size)
  }
})

test('a download whose connections are reset at random is resumed', async () => {
  for (let seed = 1; seed <= (isFull ? 20 : 2); seed++) {
    const random = randomNumbers(seed)
    const resets = new Map<number, number>()
    const server = await serveObject(large.object, (range) => {
      const [count, length] = [resets.get(range.to) ?? 0, range.to - range.from]
      if (count > 2 || random() < 0.4) return range.serve()
      resets.set(range.to, count + 1)
      void sendUpTo(range, range.from + Math.floor(random() * length), 'reset')
    })
    const { counts, tree } = await download(server)
    expect(tree).toEqual(large.tree)
    expect(counts.bytes).toBe(large.object.length)
  }
})

describe('answers that a download survives', () => {
  const busy = (status: number, after: string) => {
    let isFirst = true
    return later((range) => {
      if (!isFirst) return range.serve()
      isFirst = false
      range.response.writeHead(status, { 'retry-after': after }).end('slow down')
    })
  }

  test('429 and 503 with Retry-After, which it waits for', async () => {
    await Promise.all(
      [429, 503].map(async (status) => {
        const { tree, seconds } = await restore(await serveObject(large.object, busy(status, '2')))
        expect(tree).toEqual(large.tree)
        expect(seconds).toBeGreaterThan(2)
        expect(seconds).toBeLessThan(8)
      }),
    )
  })

  test('the whole object in place of each range', async () => {
    const answer = ({ response, object }: RangeRequest) =>
      void response.writeHead(200, { 'content-length': object.length }).end(object)
    for (const one of [answer, later(answer)]) {
      const { tree, counts } = await download(await serveObject(large.object, one))
      expect(tree).toEqual(large.tree)
      expect(counts.bytes).toBe(large.object.length)
    }
  })

  test('an address that expires in the middle', async () => {
    let [expired, renewals] = [false, 0]
    const server = await serveObject(large.object, (range) => {
      if (expired && range.request.url?.includes('new') !== true)
        return void range.response.writeHead(403).end('Signature not valid in the specified time frame')
      range.serve()
      expired = true
    })
    const renew = async () => {
      renewals++
      return new URL('/new', server.url)
    }
    const { tree } = await download(server, renew)
    expect(tree).toEqual(large.tree)
    expect(renewals).toBeGreaterThan(0)
  })

  test.each(['reset', 'silence'] as const)(
    'all bytes of a range without the end of its body, and then %s',
    async (then) => {
      const server = await serveObject(small.object, (range) => {
        const { response, from, to, object } = range
        if (from >= object.length) return void response.writeHead(416).end()
        response.writeHead(206, { 'content-range': `bytes ${from}-${to - 1}/${object.length}` })
        response.write(object.subarray(from, to), () =>
          setTimeout(() => {
            if (then === 'reset') response.socket?.resetAndDestroy()
          }, 20),
        )
      })
      const connections = openConnections()
      onTestFinished(() => connections.close())
      const wait = { connection: 5, silence: 0.2 }
      const options = { signal: untilTheEnd(), connections, wait, pause: async () => {} }
      const entry = await downloadEntry({ url: server.url }, options, () => {})
      const stage = newStage()
      await unpackEntry({ directory: entry, stage, readOnly: false })
      expect(readTree(stage)).toEqual(small.tree)
      expect(server.ranges).toHaveLength(1)
    },
  )
})

describe('answers that make a miss at once', () => {
  const headed =
    (span: (range: RangeRequest) => string, body: (range: RangeRequest) => Buffer) =>
    (range: RangeRequest) => {
      const content = body(range)
      const head = { 'content-range': span(range), 'content-length': content.length }
      range.response.writeHead(206, head).end(content)
    }
  const right = ({ from, to, object }: RangeRequest) => `bytes ${from}-${to - 1}/${object.length}`
  const bytes = ({ from, to, object }: RangeRequest) => object.subarray(from, to)
  const wrong: readonly (readonly [string, (range: RangeRequest) => void, RegExp])[] = [
    [
      'a later range',
      headed(({ from, to, object }) => `bytes ${from + 1}-${to}/${object.length}`, bytes),
      /./,
    ],
    ['another length of the object', headed(({ from, to }) => `bytes ${from}-${to - 1}/${to}`, bytes), /./],
    ['an unknown length', headed(({ from, to }) => `bytes ${from}-${to - 1}/*`, bytes), /answers the range/],
    ['a huge length', headed(({ from, to }) => `bytes ${from}-${to - 1}/${'9'.repeat(30)}`, bytes), /./],
    ['two ranges', headed(() => 'bytes 0-1/9, 3-4/9', bytes), /answers the range/],
    [
      'a longer body',
      headed(right, (range) => Buffer.concat([bytes(range), Buffer.from('more')])),
      /more than the range/,
    ],
    [
      'a redirection',
      ({ response }) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /302/,
    ],
    ['404', ({ response }) => response.writeHead(404).end('gone'), /404/],
    ['412', ({ response }) => response.writeHead(412).end('changed'), /412/],
    ['416', ({ response }) => response.writeHead(416).end(), /416|it is empty/],
    ['a sign-in page', ({ response }) => response.end('<html>sign in</html>'), /./],
    ['no content', ({ response }) => response.writeHead(204).end(), /204/],
  ]

  test.each(wrong)('%s, at the first and at a later range', async (_, answer, words) => {
    for (const one of [answer, later(answer)]) {
      const { outcome, seconds } = await restore(await serveObject(large.object, one), 20)
      expect(outcome.found).toBe('miss')
      expect(outcome.error).toMatch(words)
      expect(seconds).toBeLessThan(4)
    }
  })

  test('a shorter body each time, after four attempts', async () => {
    const server = await serveObject(
      small.object,
      headed(right, (range) => bytes(range).subarray(0, -1)),
    )
    const failure = download(server)
    await expect(failure).rejects.toThrow()
    expect(server.ranges.length).toBeLessThanOrEqual(5)
  })
})

test('an answer that is refused leaves no connection open, even without shared connections', async () => {
  const server = await serveObject(
    large.object,
    later(({ response, from, to }) => {
      const head = { 'content-range': `bytes ${from}-${to - 1}/${to + 1}`, 'content-length': to - from }
      response.writeHead(206, head).write('x')
    }),
  )
  const end = new AbortController()
  const entry = await downloadEntry({ url: server.url }, { signal: end.signal }, () => {})
  await expect(entry.done).rejects.toThrow('changed while it was read')
  end.abort()
  await expect.poll(server.connections, { timeout: 2000 }).toBe(0)
})
