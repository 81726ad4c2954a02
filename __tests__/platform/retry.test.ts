import { describe, expect, test } from 'vitest'
import { backoffSeconds, maxRetryAfter, retryWithBackoff } from '../../src/platform/retry.ts'

describe('the pause', () => {
  test('grows, up to half a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 9].map((count) => backoffSeconds(count, undefined, 0))).toEqual([
      1, 2, 4, 8, 16, 30, 30,
    ])
  })

  test('is what a server asks for, but never shorter than without it, nor longer than a job can wait', () => {
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

describe('what fails', () => {
  test('is done no more than asked for, and the server is asked only where another try follows', async () => {
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

  test('for good is done once, and nobody is asked', async () => {
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
