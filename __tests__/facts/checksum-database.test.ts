import { expect, test, vi } from 'vitest'
import { lookAtChecksumDatabase } from '../../src/facts/checksum-database.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const key = 'sum.example.com+1a2b3c4d+AbCd'

test('a checksum database of one’s own is what GOSUMDB says', async () => {
  const folder = temporaryFolder()
  expect(await lookAtChecksumDatabase(folder, key)).toEqual({ key, hasAddress: false })
  expect(await lookAtChecksumDatabase(folder, `${key} https://x.example`)).toEqual({ key, hasAddress: true })
  expect(await lookAtChecksumDatabase(folder, 'off')).toEqual({ key: 'off', hasAddress: false })
})

test('else it is Go’s default, whose other name has an address of its own', async () => {
  const folder = temporaryFolder()
  const usual = await lookAtChecksumDatabase(folder, '')
  expect(usual?.key).toMatch(/^[a-z.]+$/)
  expect(usual?.hasAddress).toBe(false)
  expect(await lookAtChecksumDatabase(folder, usual?.key ?? '')).toEqual(usual)
  expect(await lookAtChecksumDatabase(folder, 'other.example.com')).toEqual({ ...usual, hasAddress: true })
  expect(await lookAtChecksumDatabase(folder, `${usual?.key} https://mirror.example.com`)).toEqual({
    ...usual,
    hasAddress: true,
  })
})

test.each([
  ['off', '', { key: 'off', hasAddress: false }],
  [key, '', { key, hasAddress: false }],
  [`${key} https://x.example`, '', { key, hasAddress: true }],
  ['off', 'other.example.com', { key: 'other.example.com', hasAddress: true }],
  ['off', key, { key, hasAddress: false }],
])('where $GOROOT/go.env says %j and GOSUMDB is %j', async (inGoroot, gosumdb, expected) => {
  const folder = temporaryFolder()
  writeFiles(folder, { 'go.env': `GOSUMDB=${inGoroot}\n` })
  vi.stubEnv('GOROOT', folder)
  const found = await lookAtChecksumDatabase(folder, gosumdb)
  vi.unstubAllEnvs()
  expect(found).toEqual(expected)
})
