import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { isOpenToNobody } from '../../harness/unprivileged.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'
import { packTree, readTree, type Tree, treeTime, writeTree } from './trees.ts'

const files: Tree = {
  'example.com/a@v1.0.0/a.go': 'package a\n',
  'example.com/a@v1.0.0/sub/run.sh': { content: 'true\n', executable: true },
  'cache/download/example.com/a/@v/v1.0.0.info': '{}',
  'cache/download/sumdb/sum/lookup/a': '1',
}
const units = [
  { name: 'a', roots: ['example.com/a@v1.0.0', 'cache/download/example.com/a/@v/v1.0.0.info'] },
  { name: 'sumdb', roots: ['cache/download/sumdb'] },
]

/** Packs the files above, in a folder that any user may enter and write to. */
async function packed(): Promise<{ folder: string; directory: string }> {
  const folder = temporaryFolder()
  chmodSync(folder, 0o777)
  writeTree(path.join(folder, 'base'), files)
  const directory = path.join(folder, 'entry')
  await packEntry({ kind: 'modules', metadata: {}, base: path.join(folder, 'base'), units, directory })
  return { folder, directory }
}

const modes = (tree: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(tree).map(([name, text]) => [name, text.split(' ')[0]]))

/** Windows knows no executable files. */
const writableFiles = isUnix ? /info$|lookup\/a$/ : /info$|lookup\/a$|run\.sh$/

const protectedModes = {
  cache: '755',
  'cache/download': '755',
  'cache/download/example.com': '755',
  'cache/download/example.com/a': '755',
  'cache/download/example.com/a/@v': '755',
  'cache/download/example.com/a/@v/v1.0.0.info': '644',
  'cache/download/sumdb': '755',
  'cache/download/sumdb/sum': '755',
  'cache/download/sumdb/sum/lookup': '755',
  'cache/download/sumdb/sum/lookup/a': '644',
  'example.com': '755',
  'example.com/a@v1.0.0': '755',
  'example.com/a@v1.0.0/a.go': '444',
  'example.com/a@v1.0.0/sub': '555',
  'example.com/a@v1.0.0/sub/run.sh': isUnix ? '555' : '444',
}

test('write-protects everything below the roots, except the paths that stay writable', async () => {
  const { folder, directory } = await packed()
  const stage = path.join(folder, 'stage')
  await unpackEntry({ directory, stage, readOnly: true, writableRoots: ['cache/download/sumdb'] })
  expect(modes(readTree(stage))).toEqual(protectedModes)
  expect(statSync(path.join(stage, 'example.com/a@v1.0.0/a.go')).mtimeMs).toBe(treeTime * 1000)
})

test('leaves everything writable without write protection', async () => {
  const { folder, directory } = await packed()
  const stage = path.join(folder, 'stage')
  await unpackEntry({ directory, stage, readOnly: false })
  const found = modes(readTree(stage))
  expect(Object.keys(found)).toEqual(Object.keys(protectedModes))
  for (const [name, mode] of Object.entries(found)) {
    expect([name, mode]).toEqual([name, name.includes('.go') || writableFiles.test(name) ? '644' : '755'])
  }
})

test.runIf(isUnix)('stores two modes only, whatever the modes were', async () => {
  const folder = temporaryFolder()
  const base = path.join(folder, 'base')
  const given = {
    'u/0600': 0o600,
    'u/0664': 0o664,
    'u/0700': 0o700,
    'u/0777': 0o777,
    'u/0611': 0o611,
    'u/4755': 0o4755,
  }
  for (const [name, mode] of Object.entries(given)) {
    writeTree(base, { [name]: '' })
    chmodSync(path.join(base, name), mode)
  }
  chmodSync(path.join(base, 'u'), 0o700)
  const [directory, stage] = [path.join(folder, 'entry'), path.join(folder, 'stage')]
  await packEntry({ kind: 'modules', metadata: {}, base, units: [{ name: 'u', roots: ['u'] }], directory })
  await unpackEntry({ directory, stage, readOnly: false })
  const expected = {
    u: '755',
    'u/0600': '644',
    'u/0611': '644',
    'u/0664': '644',
    'u/0700': '755',
    'u/0777': '755',
    'u/4755': '755',
  }
  expect(modes(readTree(stage))).toEqual(expected)
})

// Root ignores write protection, so these tests run as another user.
describe.runIf(isOpenToNobody)('as a user without privileges', () => {
  const source = path.resolve(import.meta.dirname, '../../../src/cache/archive')
  const nobody = (program: string) =>
    execFileSync(
      'setpriv',
      [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        process.execPath,
        '--input-type=module',
        '-e',
        program,
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } },
    )

  test('moves roots, and refuses changes inside them', async () => {
    const { folder, directory } = await packed()
    const program = `
      import { renameSync, writeFileSync } from 'node:fs'
      import { unpackEntry } from '${source}/unpack.ts'
      const [directory, stage] = ${JSON.stringify([directory, path.join(folder, 'stage')])}
      await unpackEntry({ directory, stage, readOnly: true })
      const tree = stage + '/example.com/a@v1.0.0'
      const refused = []
      for (const act of [
        () => writeFileSync(tree + '/a.go', 'tampered'),
        () => writeFileSync(tree + '/sub/new', 'new'),
        () => renameSync(tree + '/sub', stage + '/sub'),
      ]) try { act() } catch (error) { refused.push(error.code) }
      renameSync(tree, stage + '/../moved')
      renameSync(stage + '/cache/download/example.com/a/@v/v1.0.0.info', stage + '/../moved.info')
      console.log(refused.join())`
    expect(nobody(program)).toBe('EACCES,EACCES,EACCES\n')
    const moved = path.join(folder, 'moved')
    expect(modes(readTree(moved))).toEqual({
      'a.go': '444',
      sub: '555',
      'sub/run.sh': '555',
    })
    expect(statSync(moved)).toMatchObject({ uid: 65534, gid: 65534 })
  })

  test('packs readable files, and names the unreadable ones', async () => {
    const folder = temporaryFolder()
    const base = path.join(folder, 'base')
    mkdirSync(base)
    writeTree(base, { 'a/open': 'x', 'b/secret': 'x' })
    chmodSync(path.join(base, 'b/secret'), 0o600)
    const own = path.join(folder, 'own')
    mkdirSync(own)
    chownSync(own, 65534, 65534)
    chmodSync(folder, 0o755)
    const pack = (name: string) => `
      import { packEntry } from '${source}/pack.ts'
      const units = [{ name: 'x', roots: ['${name}'] }]
      const request = { kind: 'modules', about: {}, base: '${base}', units, directory: '${own}/${name}' }
      console.log(await packEntry(request).then(({ files }) => files, ({ message }) => message))`
    expect(nobody(pack('a'))).toBe('1\n')
    expect(nobody(pack('b'))).toBe(`EACCES: permission denied, open '${base}/b/secret'\n`)
  })
})

test('packs a tree to the same entry for every user', async () => {
  const [one, two] = [temporaryFolder(), temporaryFolder()]
  const entries = [await packTree(one, files), await packTree(two, files)]
  if (process.getuid?.() === 0)
    chownSync(path.join(entries[1]?.base ?? '', 'example.com/a@v1.0.0/a.go'), 65534, 65534)
  const [first, second] = entries.map(({ entry }) =>
    Object.entries(readTree(entry)).map(([name, text]) => [name, text.split(' ')[2]]),
  )
  expect(first).toEqual(second)
})
