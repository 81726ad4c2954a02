import { type Frame, frameSize } from './manifest.ts'
import { storedLength } from './stored-frame.ts'
import { endLength, headerLength, type Member, padded } from './tar.ts'

/**
 * How many shards a single file has, whatever the machine that makes it: its bytes depend on it. They are about equally
 * long, and so many can be dealt to one, two or three threads without one of them having more than another.
 */
export const storedShards = 6

/**
 * The frames that the writer of stored shards makes of members: as it does, it begins a new one with a member that
 * would not fit the rest, and lets only larger ones run over several.
 *
 * @param members in the order in which they are written
 * @param ends whether the end of the tar follows
 */
export function storedFrames(members: readonly Member[], ends: boolean): readonly Frame[] {
  const raws: number[] = []
  let filled = 0
  const flush = () => {
    if (filled > 0) raws.push(filled)
    filled = 0
  }
  const add = (length: number) => {
    if (filled + length > frameSize) flush()
    for (let left = length; left > 0; ) {
      const portion = Math.min(left, frameSize - filled)
      filled += portion
      left -= portion
      if (left > 0) flush()
    }
  }
  for (const member of members) add(headerLength(member) + padded(member.size))
  if (ends) add(endLength)
  flush()
  return raws.map((raw) => ({ raw, packed: storedLength(raw) }))
}
