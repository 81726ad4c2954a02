import { expect, test, vi } from 'vitest'
import { detectChecksumDatabase } from '../../src/gocmd/detect-go.ts'
import { testEnv } from '../environment.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const key = 'sum.example.com+1a2b3c4d+AbCd'

test('a custom checksum database is the value of GOSUMDB', async () => {
  const folder = temporaryFolder()
  expect(await detectChecksumDatabase(folder, key, testEnv())).toEqual({ key, hasAddress: false })
  expect(await detectChecksumDatabase(folder, `${key} https://x.example`, testEnv())).toEqual({
    key,
    hasAddress: true,
  })
  expect(await detectChecksumDatabase(folder, 'off', testEnv())).toEqual({ key: 'off', hasAddress: false })
})

test('without one it is the default of Go, whose alias has its own address', async () => {
  const folder = temporaryFolder()
  const usual = await detectChecksumDatabase(folder, '', testEnv())
  expect(usual?.key).toMatch(/^[a-z.]+$/)
  expect(usual?.hasAddress).toBe(false)
  expect(await detectChecksumDatabase(folder, usual?.key ?? '', testEnv())).toEqual(usual)
  expect(await detectChecksumDatabase(folder, 'other.example.com', testEnv())).toEqual({
    ...usual,
    hasAddress: true,
  })
  expect(await detectChecksumDatabase(folder, `${usual?.key} https://mirror.example.com`, testEnv())).toEqual(
    {
      ...usual,
      hasAddress: true,
    },
  )
})

test.each([
  ['off', '', { key: 'off', hasAddress: false }],
  [key, '', { key, hasAddress: false }],
  [`${key} https://x.example`, '', { key, hasAddress: true }],
  ['off', 'other.example.com', { key: 'other.example.com', hasAddress: true }],
  ['off', key, { key, hasAddress: false }],
])('where $GOROOT/go.env sets %j and GOSUMDB is %j', async (inGoroot, gosumdb, expected) => {
  const folder = temporaryFolder()
  writeFiles(folder, { 'go.env': `GOSUMDB=${inGoroot}\n` })
  vi.stubEnv('GOROOT', folder)
  const found = await detectChecksumDatabase(folder, gosumdb, testEnv())
  vi.unstubAllEnvs()
  expect(found).toEqual(expected)
})
