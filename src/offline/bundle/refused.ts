/** Modules are not what is recorded of them, in a bundle or on the way into one; the message says which and what to do. */
export class WrongBundle extends Error {
  override readonly name = 'WrongBundle'
}
