import { describe, expect, test } from 'vitest'
import { backoffSeconds, maxRetryAfter, retryWithBackoff } from '../../src/platform/retry.ts'

describe('the pause', () => {
  test('grows up to half a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 9].map((count) => backoffSeconds(count, undefined, 0))).toEqual([
      1, 2, 4, 8, 16, 30, 30,
    ])
  })

  test('honours Retry-After, but is never shorter than without it, nor longer than a job can wait', () => {
    expect(backoffSeconds(1, 20, 0)).toBe(20)
    expect(backoffSeconds(4, 2, 0)).toBe(8)
    expect(backoffSeconds(1, 0, 0)).toBe(1)
    expect(backoffSeconds(1, 86_400, 0)).toBe(maxRetryAfter)
  })

  test('is up to a quarter longer, for jobs that fail together', () => {
    expect(backoffSeconds(3, undefined, 0.5)).toBe(4.5)
    expect(backoffSeconds(1, 60, 0.9999)).toBeLessThan(75)
  })
})

describe('a failing operation', () => {
  test('runs at most the allowed number of times, and reads Retry-After only before another try', async () => {
    let [tries, asked] = [0, 0]
    const result = await retryWithBackoff(
      1,
      async () => ++tries,
      () => true,
      () => {
        asked++
        return undefined
      },
    )
    expect([result, tries, asked]).toEqual([2, 2, 1])
  })

  test('runs once if the failure is permanent, without reading Retry-After', async () => {
    let asked = 0
    const result = await retryWithBackoff(
      3,
      async () => 'no',
      () => false,
      () => {
        asked++
        return 1
      },
    )
    expect([result, asked]).toEqual(['no', 0])
  })
})
