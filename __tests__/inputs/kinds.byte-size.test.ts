import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byteSize } from '../../src/inputs/kinds.ts'

const least = 1_000_000
const most = 1_000_000_000_000

describe('a size', () => {
  test.each([
    ['500 MB', 500_000_000],
    ['500MB', 500_000_000],
    ['2GB', 2_000_000_000],
    ['2 gb', 2_000_000_000],
    ['1.5 GiB', 1_610_612_736],
    ['1.5gib', 1_610_612_736],
    ['2000000000', 2_000_000_000],
    ['2000000000 B', 2_000_000_000],
    ['2000000000b', 2_000_000_000],
    ['1000 kB', least],
    ['1000 KB', least],
    ['977 KiB', 1_000_448],
    ['1 MB', least],
    ['1 MiB', 1_048_576],
    ['1.0 MB', least],
    ['0.001 GB', least],
    ['1 TB', most],
    ['0.5 TiB', 549_755_813_888],
    ['007 MB', 7_000_000],
    // Neither rounding up nor down may appear: 1.1 and 1.005 have no exact binary form.
    ['1.1 GB', 1_100_000_000],
    ['1.005 MB', 1_005_000],
  ])('%j is %i bytes', (text, bytes) => {
    expect(byteSize.parse(text)).toBe(bytes)
    expect(byteSize.fault?.(text)).toBeUndefined()
  })

  test.each([
    ['', 'it does not begin with a number'],
    ['unlimited', 'it does not begin with a number'],
    ['GB', 'it does not begin with a number'],
    ['GB 2', 'it does not begin with a number'],
    ['-', 'it does not begin with a number'],
    ['-2 GB', '"-2" is not a number such as 500 or 1.5'],
    ['+2 GB', '"+2" is not a number such as 500 or 1.5'],
    ['1,5 GB', '"1,5" is not a number such as 500 or 1.5'],
    ['1.5.2 GB', '"1.5.2" is not a number such as 500 or 1.5'],
    ['2 000 MB', '"2 000" is not a number such as 500 or 1.5'],
    ['2_000 MB', '"2_000" is not a number such as 500 or 1.5'],
    ['.5 GB', '".5" is not a number such as 500 or 1.5'],
    ['5. GB', '"5." is not a number such as 500 or 1.5'],
    ['50 %', '"50 %" is not a number such as 500 or 1.5'],
    ['2 G', '"G" is not a unit'],
    ['2 PB', '"PB" is not a unit'],
    ['2 GB MB', '"GB MB" is not a unit'],
    ['2 gigabytes', '"gigabytes" is not a unit'],
    ['1e9', '"e9" is not a unit'],
    ['0x7fffffff', '"x7fffffff" is not a unit'],
    ['2 constructor', '"constructor" is not a unit'],
    ['0', 'that is less than 1 MB'],
    ['500', 'that is less than 1 MB'],
    ['999 kB', 'that is less than 1 MB'],
    ['0.5 MiB', 'that is less than 1 MB'],
    ['1.01 TB', 'that is more than 1 TB'],
    ['1 TiB', 'that is more than 1 TB'],
    [`${'9'.repeat(30)} B`, 'that is more than 1 TB'],
  ])('rejects %j: %s', (text, fault) => {
    expect(byteSize.parse(text)).toBeUndefined()
    expect(byteSize.fault?.(text)).toBe(fault)
  })

  test('the units are decimal and binary powers, in every spelling', () => {
    const units = ['b', 'kb', 'mb', 'gb', 'tb'] as const
    const spelled = fc.tuple(fc.constantFrom(...units), fc.boolean(), fc.constantFrom('', ' '), fc.boolean())
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 40 }),
        spelled,
        (count, [unit, isBinary, blank, isUpper]) => {
          const power = units.indexOf(unit)
          const named = isBinary && power > 0 ? unit.replace('b', 'ib') : unit
          const bytes = BigInt(count) * (isBinary && power > 0 ? 1024n : 1000n) ** BigInt(power)
          const isAllowed = bytes >= BigInt(least) && bytes <= BigInt(most)
          const text = `${count}${blank}${isUpper ? named.toUpperCase() : named}`
          expect(byteSize.parse(text)).toBe(isAllowed ? Number(bytes) : undefined)
        },
      ),
    )
  })

  test('any text is either a whole number of bytes within the bounds or a fault', () => {
    const near = fc
      .array(fc.constantFrom(...'0123456789.,- _kKmMgGtTiIbB'.split('')), { maxLength: 12 })
      .map((letters) => letters.join(''))
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        const bytes = byteSize.parse(text)
        expect(byteSize.fault?.(text) === undefined).toBe(bytes !== undefined)
        if (bytes === undefined) return
        expect(Number.isSafeInteger(bytes)).toBe(true)
        expect(bytes).toBeGreaterThanOrEqual(least)
        expect(bytes).toBeLessThanOrEqual(most)
      }),
    )
  })
})
