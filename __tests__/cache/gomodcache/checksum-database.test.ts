import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  noRecordedSums,
  queryChecksumDatabase,
  readLookups,
} from '../../../src/cache/gomodcache/checksum-database.ts'
import { encodeSums } from '../../../src/gofiles/go-sum.ts'
import { startChecksumDatabase } from '../../../testbed/checksum-database.ts'
import { testEnv } from '../../environment.ts'
import { madeModule, publish, sumLines } from '../../golden/modules.ts'
import { temporaryFolder, writeFiles } from '../../temporary.ts'

const tool = madeModule('example.com/tool', 'v1.0.0')
const stranger = madeModule('example.com/stranger', 'v1.0.0')
const names = ['example.com/tool@v1.0.0', 'example.com/stranger@v1.0.0']
const [tree = '', goMod = ''] = sumLines(tool)
  .trim()
  .split('\n')
  .map((line) => line.split(' ')[2])
const known = { trees: [[names[0], [tree]]], goMods: [[names[0], [goMod]]] }
const nothing = encodeSums(noRecordedSums)

afterEach(() => void vi.unstubAllEnvs())

/** A real database that knows one of two modules; the module cache has the files of both. */
async function asked(settings: (gosumdb: string) => Readonly<Record<string, string>>) {
  const folder = temporaryFolder()
  const [stage, knows] = [path.join(folder, 'stage'), path.join(folder, 'known')]
  publish(knows, tool)
  for (const module of [tool, stranger]) publish(path.join(stage, 'cache/download'), module)
  const database = await startChecksumDatabase(knows)
  onTestFinished(database.stop)
  const usual = { GOENV: 'off', GOPRIVATE: '', GONOSUMDB: '', GOSUMDB: '', GOPATH: folder }
  const variables = { ...usual, ...settings(database.gosumdb) }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  const gomodcache = path.join(folder, 'live')
  const work = path.join(folder, 'work')
  mkdirSync(work)
  const goproxy = pathToFileURL(path.join(stage, 'cache/download')).href
  const answers = encodeSums(
    await queryChecksumDatabase(names, stage, { gomodcache, goproxy, folder: work, env: testEnv() }),
  )
  const lookups = database.requests.filter((one) => one.path.startsWith('/lookup/')).length
  return { answers, lookups, live: encodeSums(readLookups(gomodcache, names)), gomodcache }
}

test('the go command asks about each module, and stores the answers for later steps', async () => {
  const { answers, lookups, live } = await asked((GOSUMDB) => ({ GOSUMDB }))
  expect(answers).toEqual(known)
  expect(lookups).toBe(2)
  expect(live).toEqual(known)
})

describe('returns nothing for a module that the go command does not ask about', () => {
  test.each<[string, (gosumdb: string) => Readonly<Record<string, string>>]>([
    ['GOSUMDB=off', () => ({ GOSUMDB: 'off' })],
    ['GONOSUMDB', (GOSUMDB) => ({ GOSUMDB, GONOSUMDB: 'example.com' })],
    ['GOPRIVATE', (GOSUMDB) => ({ GOSUMDB, GOPRIVATE: 'example.com/*' })],
    ['an unreachable database', (GOSUMDB) => ({ GOSUMDB: GOSUMDB.replace(/:\d+$/, ':1') })],
  ])('returns nothing with %s', async (_, settings) => {
    const { answers, lookups } = await asked(settings)
    expect(answers).toEqual(nothing)
    expect(lookups).toBe(0)
  })

  test("GOSUMDB=off in the user's go env file", async () => {
    const folder = temporaryFolder()
    writeFiles(folder, { env: 'GOSUMDB=off\n' })
    const { answers } = await asked(() => ({ GOENV: path.join(folder, 'env') }))
    expect(answers).toEqual(nothing)
  })
})

describe('answers in a module cache', () => {
  const lookup = 'cache/download/sumdb/sums.example.com/lookup/example.com/tool@v1.0.0'
  const read = (text: string) => {
    const folder = temporaryFolder()
    writeFiles(folder, { [lookup]: text })
    return encodeSums(readLookups(folder, names))
  }

  test('are read as Go wrote them', () => {
    expect(read(`7\n${sumLines(tool)}\ngo.sum database tree\n8\nabc=\n\n— sums.example.com xyz\n`)).toEqual(
      known,
    )
  })

  test.each([
    ['of another module', sumLines(stranger)],
    ['of another version', sumLines(tool).replaceAll('v1.0.0', 'v1.0.1')],
    ['that is malformed', 'garbage'],
    ['that is too long', `${sumLines(tool)}${'x'.repeat(100_000)}`],
  ])('are ignored if they hold an answer %s', (_, text) => {
    expect(read(text)).toEqual(nothing)
  })

  test('are empty where there is no database', () => {
    expect(encodeSums(readLookups(temporaryFolder(), names))).toEqual(nothing)
  })
})
