import { describe, expect, test } from 'vitest'
import { makeKey } from '../../src/cache/key.ts'
import {
  alreadyCached,
  type CacheReport,
  cacheMiss,
  cacheWarning,
  type RestoreOutcome,
} from '../../src/cache/outcomes.ts'
import { restoreLog, saveLog } from '../../src/report/log.ts'
import { mainOutputs, saveOutputsOf, status } from '../../src/report/report.ts'
import { bytesText, secondsText } from '../../src/text/amounts.ts'
import { notSaved } from './unsaved.ts'

const key = makeKey(
  [
    { name: 'schema', value: 's1', of: 'layout' },
    { name: 'go', value: 'go1.26.0', of: 'Go version' },
    { name: 'source', value: 'abc', of: 'what is checked out' },
  ],
  2,
)
const plan = { wanted: true, key, why: 'because' } as const
const restored: RestoreOutcome = {
  found: 'exact',
  matched: 's1-go1.26.0-abc',
  alreadyCached: false,
  files: 12,
  bytes: 3_400_000,
  seconds: 1.25,
  error: '',
  unreachable: false,
  corrupt: false,
}
const report = (outcome?: RestoreOutcome, skipped?: string): CacheReport => ({
  name: 'build',
  plan,
  ...(outcome === undefined ? {} : { outcome }),
  ...(skipped === undefined ? {} : { skipped }),
})
const partial: RestoreOutcome = { ...restored, found: 'partial', matched: 's1-go1.26.0-xyz' }

describe('restoreLog', () => {
  test.each([
    [report(restored), 'Build cache: exact, 12 files, 3.4 MB stored, in 1.3 s (the same source)'],
    [report(partial), 'Build cache: partial, 12 files, 3.4 MB stored, in 1.3 s (different source)'],
    [report(cacheMiss()), 'Build cache: no entry'],
    [report(cacheMiss('it is down')), 'Build cache: no entry (it is down)'],
    [report(alreadyCached('exact')), 'Build cache: already on this machine'],
    [report(undefined, 'the rule'), 'Build cache: not restored (the rule)'],
    [{ name: 'build', plan: { wanted: false, why: 'the input' } } as const, 'Build cache: off (the input)'],
  ])('%#: %s', (given, heading) => {
    expect(restoreLog(given).heading).toBe(heading)
  })

  test('prints the key with all its parts and their values', () => {
    const { lines } = restoreLog(report(restored))
    expect(lines).toContain('key: s1-go1.26.0-abc')
    for (const part of key.parts) {
      expect(
        lines.some((line) => line.includes(part.name) && line.includes(part.value) && line.includes(part.of)),
      ).toBe(true)
    }
    expect(lines).toContain('restored: s1-go1.26.0-abc')
  })

  test('names the first part of a partial hit that differs, on both sides', () => {
    const { lines } = restoreLog(report(partial))
    expect(lines).toContain('first part that differs: source (requested abc, found xyz)')
  })

  test('lists the modules of a partial hit that differ', () => {
    const changes = { added: ['example.com/a@v1.0.0'], removed: [], changed: [] }
    expect(restoreLog({ ...report(partial), changes }).lines).toContain('  added example.com/a v1.0.0')
  })

  test('lists the keys that a miss tried', () => {
    const { lines } = restoreLog(report(cacheMiss()))
    expect(lines.slice(-3)).toEqual(['no entry was restored; tried:', '  s1-go1.26.0-abc', '  s1-go1.26.0-'])
  })
})

test('restoreLog of a lookup restores nothing', () => {
  const found = { ...restored, bytes: 0, files: 0, lookedUp: true } as const
  const { heading, lines } = restoreLog(report(found))
  expect(heading).toBe('Build cache: exact, only looked up (the same source)')
  expect(lines).toContain('found: s1-go1.26.0-abc')
  const missed = restoreLog(report({ ...cacheMiss(), lookedUp: true }))
  expect(missed.heading).toBe('Build cache: no entry')
  expect(missed.lines).toContain('no entry was found; tried:')
})

test('saveOutputsOf names the keys of all saved entries', () => {
  const outcome = { ...notSaved('no'), saved: true }
  const saved = (name: 'modules' | 'build', key: string) => ({ name, outcome: { ...outcome, key } })
  const refused = { name: 'build', outcome: { ...notSaved('no'), key: 'k3' } } as const
  expect(saveOutputsOf([saved('modules', 'k1'), refused, saved('modules', 'k2')])).toEqual({
    'modules-saved': 'true',
    'modules-saved-key': 'k1\nk2',
    'build-saved': 'false',
    'build-saved-key': '',
  })
})

test('saveLog names what was stored, or why nothing was', () => {
  const saved = {
    saved: true,
    exists: false,
    why: 'the rule',
    key: 'k',
    files: 7,
    bytes: 999,
    seconds: 12.4,
    error: '',
  }
  expect(saveLog({ name: 'modules', outcome: saved })).toEqual({
    heading: 'Module cache: saved, 7 files, 999 B stored, in 12 s (the rule)',
    lines: ['key: k'],
  })
  const none = { objects: 0, bytes: 0 }
  const counts = { reused: { objects: 3, bytes: 400 }, fresh: none, pruned: none }
  expect(saveLog({ name: 'build', outcome: { ...saved, counts } }).lines).toContain(
    'in this job: 100 % of 3 build objects reused',
  )
  expect(saveLog({ name: 'modules', outcome: notSaved('the job failed') })).toEqual({
    heading: 'Module cache: not saved, the job failed',
    lines: [],
  })
})

test('sets outputs of disabled caches to the empty string', () => {
  const off: CacheReport = { name: 'modules', plan: { wanted: false, why: '' } }
  const go = { version: 'go1.26.0', env: { GOMODCACHE: '/m', GOCACHE: '/c' } }
  expect(mainOutputs(off, report(partial), [], go)).toEqual({
    'cache-hit': 'false',
    'modules-cache': 'off',
    'build-cache': 'partial',
    'modules-cache-key': '',
    'modules-cache-matched-key': '',
    'build-cache-key': 's1-go1.26.0-abc',
    'build-cache-matched-key': 's1-go1.26.0-xyz',
    'go-version': '1.26.0',
    gomodcache: '/m',
    gocache: '/c',
  })
  expect(status(report(alreadyCached('exact')))).toBe('exact')
})

test('sets the output vendor-changed only if something was vendored', () => {
  const off: CacheReport = { name: 'modules', plan: { wanted: false, why: '' } }
  const vendorOutput = (...changes: readonly (boolean | undefined)[]) =>
    mainOutputs(
      off,
      off,
      changes.map((vendorChanged) => ({
        label: '.',
        text: '',
        fetched: [],
        ...(vendorChanged === undefined ? {} : { vendorChanged }),
      })),
      { version: 'go1.26.0', env: {} },
    )['vendor-changed']
  expect([vendorOutput(undefined), vendorOutput(false), vendorOutput(false, true)]).toEqual([
    undefined,
    'false',
    'true',
  ])
})

test('logs at most one warning, whatever failed', () => {
  expect(cacheWarning([undefined, restored])).toBeUndefined()
  expect(cacheWarning([cacheMiss('down'), cacheMiss('down')])).toMatch(/: down$/)
  expect(cacheWarning([cacheMiss('down'), cacheMiss('late')])).toMatch(/: down; late$/)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9_950_000, '9.9 MB'],
  [999_600, '1.0 MB'],
  [56_400_000, '56 MB'],
  [1_230_000_000, '1.2 GB'],
])('formats %i bytes as %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text)
})

test('formats seconds', () => {
  expect([0.04, 9.96, 61.2].map(secondsText)).toEqual(['0.0 s', '10.0 s', '61 s'])
})
