import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { frameSize } from '../../../src/cache/archive/manifest.ts'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'
import { readTree, topUnits, treeTime, writeTree } from './trees.ts'

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')
const dataPath = (hash: string) => `${hash.slice(0, 2)}/${hash}-d`
const huge = Buffer.alloc(frameSize + 1000, 'object')

/** Files as Go stores them: data by its hash, actions by another, and an executable in a directory named like data. */
const good = {
  [dataPath(sha256('object'))]: 'object',
  [dataPath(sha256(''))]: '',
  [dataPath(sha256(huge))]: huge,
  [`${dataPath(sha256('program'))}/stringer`]: { content: 'program', executable: true as const },
  [`00/00${'1'.repeat(62)}-a`]: 'v1 an action',
  'fuzz/example.com/FuzzX/0123456789abcdef': 'go test fuzz v1\n',
}
const other = (letter: string) => dataPath(letter.repeat(64))
const bad = {
  [other('a')]: 'objecT',
  [other('b')]: huge,
  [`${other('c')}/stringer`]: { content: 'tampered', executable: true as const },
  [`${other('d')}/stringer`]: 'tampered',
}
/** Files that no build cache holds: too short, upper case, other suffix, other directory, marker files, machine files. */
const zeros = '0'.repeat(64)
const strangers = [
  ...['00/abcd-d', `00/00${'A'.repeat(62)}-d`, `00/${zeros}-d.tmp`, `01/${zeros}-d`, `01/${zeros}-a`],
  ...[
    `00/${zeros}-d/hidden/deeper`,
    `00/${zeros}-a/file`,
    `0/${zeros}-a`,
    '00/go-deps-action-x.json',
    '00/other',
  ],
  ...['trim.txt', 'README', 'testexpire.txt/file', 'other/file', 'bin/go'],
]

async function roundTrip(
  tree: Parameters<typeof writeTree>[1],
  options: { verify: boolean; mtimeSeconds?: number },
) {
  const folder = temporaryFolder()
  const [base, directory, stage] = [
    path.join(folder, 'base'),
    path.join(folder, 'entry'),
    path.join(folder, 'stage'),
  ]
  mkdirSync(base)
  writeTree(base, tree)
  utimesSync(path.join(base, dataPath(sha256('program'))), treeTime, treeTime)
  await packEntry({ kind: 'build', metadata: {}, base, units: topUnits(base), directory })
  const { verify: verifyBuildObjects, ...times } = options
  const unpacked = await unpackEntry({ directory, stage, readOnly: false, verifyBuildObjects, ...times })
  return { base, stage, unpacked }
}

test('drops only data whose content does not match its name', async () => {
  const { base, stage, unpacked } = await roundTrip({ ...good, ...bad }, { verify: true })
  const kept = readTree(stage)
  // A dropped data directory takes its files with it.
  const dropped = Object.keys(bad)
    .flatMap((name) => [name, path.dirname(name)])
    .filter((name) => name.includes('-d'))
  const expected = Object.entries(readTree(base)).filter(([name]) => !dropped.includes(name))
  expect(kept).toEqual(Object.fromEntries(expected))
  expect(unpacked).toMatchObject({ dropped: 4, files: Object.keys(good).length })
})

test.each(strangers)('refuses an entry with %s', async (name) => {
  await expect(roundTrip({ ...good, [name]: 'x' }, { verify: true })).rejects.toThrow(
    'which does not belong in a build cache',
  )
})

// With a FIFO and a link.
test.runIf(isUnix)(
  'packs neither mismatched data nor files that are not build objects, and everything else',
  async () => {
    const folder = temporaryFolder()
    const [base, directory, stage] = ['base', 'entry', 'stage'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ]
    writeTree(base, { ...good, ...bad, '00/other': 'x', 'testexpire.txt/file': 'x' })
    for (const name of ['ee', 'ff']) mkdirSync(path.join(base, name))
    execFileSync('mkfifo', [path.join(base, other('e'))])
    symlinkSync('/etc/hostname', path.join(base, other('f')))
    const { faults } = await packEntry({
      ...{ kind: 'build', metadata: {}, base, units: topUnits(base), directory },
      ...{ onFault: 'leave-out-file', verifyBuildObjects: true },
    })
    const left = [...Object.keys(bad), other('e'), other('f'), '00/other', 'testexpire.txt/file']
    expect(faults.map((fault) => fault.path).sort()).toEqual(left.sort())
    await unpackEntry({ directory, stage, readOnly: false, verifyBuildObjects: true })
    const files = (tree: Readonly<Record<string, unknown>>) =>
      Object.keys(tree).filter((name) => name in good)
    expect(files(readTree(stage))).toEqual(files(readTree(base)))
  },
)

test('drops nothing unless asked to', async () => {
  const { base, stage, unpacked } = await roundTrip({ ...good, ...bad }, { verify: false })
  expect(readTree(stage)).toEqual(readTree(base))
  expect(unpacked.dropped).toBe(0)
})

test.each([
  ['the given time', 1_234_567_890, 1_234_567_890],
  ['the original time', undefined, treeTime],
])('data in a directory gets %s, and so does the directory', async (_, mtimeSeconds, expected) => {
  const times = mtimeSeconds === undefined ? {} : { mtimeSeconds }
  const { stage } = await roundTrip(good, { verify: true, ...times })
  const directory = path.join(stage, dataPath(sha256('program')))
  expect(statSync(directory).mtimeMs).toBe(expected * 1000)
  expect(statSync(path.join(directory, 'stringer'))).toMatchObject({ mtimeMs: expected * 1000 })
  expect(statSync(path.dirname(directory)).mtimeMs).not.toBe(expected * 1000)
})

test('drops an object with a flipped bit that was corrupted before packing', async () => {
  const content = Buffer.from('an archive of a package')
  const name = dataPath(sha256(content))
  const folder = temporaryFolder()
  const [base, directory, stage] = [
    path.join(folder, 'base'),
    path.join(folder, 'entry'),
    path.join(folder, 'stage'),
  ]
  writeTree(base, { [name]: content })
  content[3] = (content[3] ?? 0) ^ 1
  writeFileSync(path.join(base, name), content)
  await packEntry({ kind: 'build', metadata: {}, base, units: topUnits(base), directory })
  const unpacked = await unpackEntry({ directory, stage, readOnly: false, verifyBuildObjects: true })
  expect(unpacked).toMatchObject({ files: 0, bytes: 0, dropped: 1 })
})
