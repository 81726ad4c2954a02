import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inBatches, modulesToDownload, parseBuildList } from '../../src/gocmd/list-output.ts'

const output = [
  '',
  'example.com/a@v1.0.0\texample.com/a@v1.0.0\t/m/example.com/a@v1.0.0',
  'example.com/b@v1.0.0\texample.com/b@v1.0.0\t',
  'example.com/c@v1.0.0\texample.com/fork@v1.2.0\t',
  'example.com/local@v1.0.0\t../local@\t/checkout/local',
  'example.com/unneeded@v1.0.0\texample.com/unneeded@v1.0.0\t',
  '',
].join('\n')

describe('parseBuildList', () => {
  test('omits main modules and local replacements', () => {
    expect(parseBuildList(output).map((module) => module.name)).toEqual([
      'example.com/a@v1.0.0',
      'example.com/b@v1.0.0',
      'example.com/c@v1.0.0',
      'example.com/unneeded@v1.0.0',
    ])
  })

  test('reads Windows line endings', () => {
    expect(parseBuildList(output.replaceAll('\n', '\r\n'))).toEqual(parseBuildList(output))
  })
})

describe('modulesToDownload', () => {
  const hashed = new Set(['example.com/a@v1.0.0', 'example.com/b@v1.0.0', 'example.com/fork@v1.2.0'])
  const missing = (required?: ReadonlySet<string>) =>
    modulesToDownload(parseBuildList(output), { hashed, required })

  test('returns hashed modules without a tree, a replaced module by its own name', () => {
    expect(missing()).toEqual(['example.com/b@v1.0.0', 'example.com/c@v1.0.0'])
  })

  test('omits modules that no go.mod requires', () => {
    expect(missing(new Set(['example.com/a', 'example.com/c']))).toEqual(['example.com/c@v1.0.0'])
  })
})

test('inBatches keeps every argument in order, and limits the length of each batch', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, maxLength: 30 })),
      fc.integer({ min: 40, max: 200 }),
      (args, most) => {
        const batches = inBatches(args, most)
        expect(batches.flat()).toEqual(args)
        for (const batch of batches) expect(batch.join(' ').length).toBeLessThanOrEqual(most)
      },
    ),
  )
})
