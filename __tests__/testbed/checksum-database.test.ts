import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { type ChecksumDatabase, startChecksumDatabase } from '../../testbed/checksum-database.ts'
import { madeModule, publish, sumLines } from '../golden/modules.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const lib = madeModule('example.com/lib', 'v1.0.0')
const lied = sumLines(lib).replaceAll(/h1:..../g, 'h1:AAAA')

async function database(files: Readonly<Record<string, string>> = {}) {
  const folder = path.join(temporaryFolder(), 'served')
  publish(folder, lib)
  writeFiles(folder, files)
  const started = await startChecksumDatabase(folder)
  onTestFinished(started.stop)
  return { folder, database: started }
}

/** What a go command adds to go.sum that knows these modules and this database. */
async function download(folder: string, { gosumdb }: ChecksumDatabase): Promise<string> {
  const cwd = temporaryFolder()
  writeFiles(cwd, { 'go.mod': 'module example.com/app\n\ngo 1.21\n' })
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    GOPROXY: pathToFileURL(folder).href,
    GOSUMDB: gosumdb,
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-modcacherw',
  }
  await promisify(execFile)('go', ['get', `${lib.path}@${lib.version}`], { cwd, env })
  return readFileSync(path.join(cwd, 'go.sum'), 'utf8')
}

test.runIf(process.platform === 'linux')(
  'the go command takes what the database says for the truth',
  async () => {
    const { folder, database: honest } = await database()
    expect(await download(folder, honest)).toBe(sumLines(lib))
    expect(honest.requests).toContainEqual({ status: 200, path: '/lookup/example.com/lib@v1.0.0' })

    const { database: liar } = await database({ 'example.com/lib/@v/v1.0.0.sum': lied })
    await expect(download(folder, liar)).rejects.toThrow(/SECURITY ERROR/)
  },
)

test('it can be reached as a module proxy hands it on, and knows nothing of modules that are not there', async () => {
  const { database: known } = await database()
  const status = async (asked: string) => (await fetch(known.url + asked)).status
  expect(await status('/sumdb/sums.example.com/supported')).toBe(200)
  expect(await status('/sumdb/sums.example.com/lookup/example.com/lib@v1.0.0')).toBe(200)
  expect(await status('/sumdb/sums.example.com/tile/8/0/000.p/1')).toBe(200)
  expect(await status('/sumdb/sums.example.com/latest')).toBe(200)
  expect(await status('/sumdb/other.example.com/supported')).toBe(404)
  expect(await status('/lookup/example.com/none@v1.0.0')).toBe(404)
})
