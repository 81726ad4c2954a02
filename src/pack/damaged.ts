/**
 * An entry is not what was packed: cut off, altered, or never one of ours. To callers it is a miss.
 * The message names the file of the entry and what is wrong with it.
 */
export class PackDamaged extends Error {
  override readonly name = 'PackDamaged'
}
