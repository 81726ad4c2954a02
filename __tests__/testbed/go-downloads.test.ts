import { createHash } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  archiveOf,
  type GoDownloadsOptions,
  type ListedRelease,
  startGoDownloads,
} from '../../testbed/go-downloads.ts'

async function start(options: GoDownloadsOptions) {
  const server = await startGoDownloads(options)
  onTestFinished(() => server.stop())
  return { ...server, listUrl: `${server.url}/?mode=json&include=all` }
}

async function get(url: string) {
  const response = await fetch(url)
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) }
}

const releases = ['go1.24.3', 'go1.24rc1']

describe('the list', () => {
  test('has the fields that go.dev documents, and no others', async () => {
    const { listUrl } = await start({ releases })
    const list = JSON.parse((await get(listUrl)).body.toString()) as ListedRelease[]
    expect(list.map(({ version, stable }) => [version, stable])).toEqual([
      ['go1.24.3', true],
      ['go1.24rc1', false],
    ])
    expect(Object.keys(list[0] ?? {}).sort()).toEqual(['files', 'stable', 'version'])
    const fields = ['arch', 'filename', 'kind', 'os', 'sha256', 'size', 'version']
    for (const file of list[0]?.files ?? []) expect(Object.keys(file).sort()).toEqual(fields)
    expect(new Set(list[0]?.files.map(({ kind }) => kind))).toEqual(
      new Set(['archive', 'installer', 'source']),
    )
  })

  test('can be missing, while archives are there', async () => {
    const { listUrl, url } = await start({ releases, list: false })
    expect((await get(listUrl)).status).toBe(404)
    expect((await get(`${url}/${archiveOf('go1.24.3')}.sha256`)).status).toBe(200)
  })
})

describe('an archive', () => {
  test('has the size and the SHA-256 of the list and of the file beside it', async () => {
    const { listUrl, url, requests } = await start({ releases })
    const list = JSON.parse((await get(listUrl)).body.toString()) as ListedRelease[]
    const file = list[0]?.files.find(({ filename }) => filename === archiveOf('go1.24.3'))
    const { body } = await get(`${url}/${file?.filename}`)
    expect(body.length).toBe(file?.size)
    expect(createHash('sha256').update(body).digest('hex')).toBe(file?.sha256)
    expect((await get(`${url}/${file?.filename}.sha256`)).body.toString().trim()).toBe(file?.sha256)
    expect(requests.map(({ kind, status }) => [kind, status])).toEqual([
      ['list', 200],
      ['archive', 200],
      ['sha256', 200],
    ])
  })

  test('of another release is not there', async () => {
    const { url } = await start({ releases })
    expect((await get(`${url}/${archiveOf('go1.24.4')}`)).status).toBe(404)
    expect((await get(`${url}/${archiveOf('go1.24.4')}.sha256`)).status).toBe(404)
  })

  test.each([
    ['wrong', [200, 200]],
    ['absent', [200, 404]],
  ] as const)('can have a SHA-256 that is %s', async (sha256, [archive, beside]) => {
    const { url } = await start({ releases, sha256 })
    const { status, body } = await get(`${url}/${archiveOf('go1.24.3')}`)
    expect(status).toBe(archive)
    const published = await get(`${url}/${archiveOf('go1.24.3')}.sha256`)
    expect(published.status).toBe(beside)
    expect(published.body.toString()).not.toContain(createHash('sha256').update(body).digest('hex'))
  })
})

test('fails as often as it is told, and only where it is told', async () => {
  const { url, listUrl, fail } = await start({ releases })
  fail({ kind: 'list', status: 503, times: 2 })
  expect((await get(`${url}/${archiveOf('go1.24.3')}.sha256`)).status).toBe(200)
  const statuses = []
  for (let count = 0; count < 3; count++) statuses.push((await get(listUrl)).status)
  expect(statuses).toEqual([503, 503, 200])
})

test('can leave a request without an answer', async () => {
  const { listUrl, fail, requests } = await start({ releases })
  fail({ kind: 'list' })
  await expect(fetch(listUrl, { signal: AbortSignal.timeout(300) })).rejects.toThrow()
  expect(requests).toMatchObject([{ kind: 'list', status: 0 }])
})
