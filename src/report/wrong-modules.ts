import type { WrongModule } from '../proof/prove-entry.ts'

/** As many modules are described in an annotation; the log has them all. */
const mostShown = 5

/** Modules of an entry that must not be used, where the user wants the step to fail for that. */
export class CorruptModules extends Error {
  /**
   * @param wrong what is wrong
   * @param key the entry's key
   */
  constructor(wrong: readonly WrongModule[], key: string) {
    super(
      `${whatText(wrong, key)} Nothing of them was used, and \`on-corrupt\` is \`fail\`. Find out who could write that entry, delete it (\`gh cache delete ${key}\`), and run the job again.`,
    )
    this.name = 'CorruptModules'
  }
}

/** The warning about modules that were left out. */
export function healedText(wrong: readonly WrongModule[], key: string): string {
  return `${whatText(wrong, key)} Nothing of them was used; they are downloaded again and the entry is replaced. See SECURITY.md of go-deps-action for how this can happen.`
}

/** One line for the log on each part that is wrong. */
export function wrongLines(wrong: readonly WrongModule[]): readonly string[] {
  return wrong.map((one) => `left out: ${describe(one)}`)
}

function whatText(wrong: readonly WrongModule[], key: string): string {
  const names = new Set(wrong.map(({ name }) => name))
  const shown = wrong.slice(0, mostShown).map(describe)
  const more = wrong.length - shown.length
  const list = more > 0 ? [...shown, `and ${more} more`] : shown
  const what = names.size === 1 ? '1 restored module is' : `${names.size} restored modules are`
  return `${what} not what is recorded: ${list.join('; ')}. The entry is ${key}.`
}

function describe({ name, part, expected, found }: WrongModule): string {
  return `${name}, its ${part}: recorded ${expected}, found ${found}`
}
