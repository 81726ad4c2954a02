import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bytesAt,
  changesOf,
  copyIn,
  createRings,
  endRing,
  failRing,
  fillBlocking,
  filledUpTo,
  hasEnded,
  nextChange,
  RingFailed,
  type SharedRing,
  setFilled,
  setTaken,
  takeBlocking,
  takenUpTo,
} from '../../src/platform/shared-ring.ts'

function ringOf(length: number): SharedRing {
  return createRings([length])[0] as SharedRing
}

describe('a shared ring', () => {
  test('hands bytes on in order, whatever the lengths of the pieces', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 30 }),
        (length, pieces) => {
          const ring = ringOf(length)
          for (const piece of pieces) {
            // Both sides are in this thread, so neither may wait for the other.
            for (let at = 0; at < piece.length; at += length) {
              const part = piece.subarray(at, at + length)
              const back = new Uint8Array(part.length)
              fillBlocking(ring, part)
              takeBlocking(ring, back)
              expect(back).toEqual(part)
            }
          }
          expect(takenUpTo(ring)).toBe(filledUpTo(ring))
        },
      ),
    )
  })

  test('shows bytes without a copy once they are filled', () => {
    const ring = ringOf(8)
    fillBlocking(ring, Buffer.from('abcdef'))
    setTaken(ring, 4)
    copyIn(ring, 6, Buffer.from('ghij'))
    expect([filledUpTo(ring), takenUpTo(ring)]).toEqual([6, 4])
    setFilled(ring, 10)
    expect([bytesAt(ring, 4, 4), bytesAt(ring, 8, 2)].map(String)).toEqual(['efgh', 'ij'])
  })

  test('makes both sides fail when one fails, and ends without failing', () => {
    const [ended, failed] = [ringOf(4), ringOf(4)]
    endRing(ended)
    failRing(failed)
    expect(hasEnded(ended)).toBe(true)
    expect(() => hasEnded(failed)).toThrow(RingFailed)
    expect(() => takeBlocking(failed, new Uint8Array(1))).toThrow(RingFailed)
    expect(() => fillBlocking(failed, new Uint8Array(1))).toThrow(RingFailed)
  })

  test('wakes the main thread for a change of any ring, also for one before it waits', async () => {
    const [first, second] = createRings([4, 4]) as [SharedRing, SharedRing]
    const seen = changesOf(first)
    const began = performance.now()
    setTimeout(() => setFilled(second, 1), 20)
    await nextChange(first, seen)
    await nextChange(first, seen)
    expect(performance.now() - began).toBeLessThan(900)
  })

  test('never blocks the main thread', () => {
    const ring = ringOf(2)
    expect(() => fillBlocking(ring, new Uint8Array(3))).toThrow('the main thread must not wait')
    expect(() => takeBlocking(ringOf(2), new Uint8Array(1))).toThrow('the main thread must not wait')
  })
})
