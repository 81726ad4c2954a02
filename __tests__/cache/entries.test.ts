import { describe, expect, test } from 'vitest'
import { writeAccess } from '../../src/cache/entries.ts'

/** Reports whether a promise is settled by now. */
async function isResolved(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise((resolve) => setImmediate(resolve, 'later'))
  return (await Promise.race([promise, later])) !== 'later'
}

describe('writeAccess', () => {
  test('the first caller proceeds at once, and the others wait for its result', async () => {
    const access = writeAccess()
    const first = await access.enter()
    const [second, third] = [access.enter(), access.enter()]
    expect(await isResolved(second)).toBe(false)
    first?.granted()
    expect(await second).toBeDefined()
    expect(await third).toBeDefined()
    first?.ended()
    expect(await access.enter()).toBeDefined()
  })

  test('stops all other callers when the first is denied', async () => {
    const access = writeAccess()
    const first = await access.enter()
    const [second, third] = [access.enter(), access.enter()]
    first?.denied()
    first?.ended()
    expect([await second, await third, await access.enter()]).toEqual([undefined, undefined, undefined])
  })

  test('lets the callers in one at a time until one learns the result', async () => {
    const access = writeAccess()
    const first = await access.enter()
    const [second, third] = [access.enter(), access.enter()]
    first?.ended()
    const next = await second
    expect(next).toBeDefined()
    expect(await isResolved(third)).toBe(false)
    next?.denied()
    expect(await third).toBeUndefined()
  })
})
