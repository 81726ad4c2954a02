import type { Damage } from './blob-store.ts'

/**
 * Cuts the end off.
 *
 * @param share how much is left, from 0 to 1
 */
export function cutTo(share: number): Damage {
  return (content) => content.subarray(0, Math.floor(content.length * share))
}

/**
 * Flips a bit.
 *
 * @param share where in the content, from 0 to just below 1
 */
export function flipAt(share: number, bit = 7): Damage {
  return (content) => {
    const damaged = Buffer.from(content)
    const at = Math.floor(content.length * share)
    damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
    return damaged
  }
}
