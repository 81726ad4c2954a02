/** One command of a step, as GitHub's runner understands it. */
export type WorkflowCommand = {
  /** The command's name: `error`, `warning`, `notice`, `debug`, `group`, `endgroup`, `add-mask` ... */
  readonly level: string
  /** What follows the second `::`, unescaped. */
  readonly message: string
  readonly title?: string
  readonly file?: string
  readonly line?: number
}

const known = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
])

/** A form in which the runner reads commands: where it stands in a line, and how its properties are written. */
type Form = {
  readonly pattern: RegExp
  readonly separator: string
  readonly unescapeProperty: (text: string) => string
  readonly unescapeData: (text: string) => string
}

// ActionCommand.cs of actions/runner, TryParseV2 and TryParse, in the order in which it tries them.
const forms: readonly Form[] = [
  { pattern: /^\s*::(?<info>.*?)::(?<data>.*)$/s, separator: ',', unescapeProperty, unescapeData },
  {
    pattern: /##\[(?<info>.*?)\](?<data>.*)$/s,
    separator: ';',
    unescapeProperty: unescapeBracketed,
    unescapeData: unescapeBracketed,
  },
]

/**
 * Reads one line of output as a workflow command: `::name::` behind leading blanks, or `##[name]` anywhere. Names are
 * case-insensitive, and a line whose name is not registered is plain text.
 * @param line a line without its ending
 * @param token the one more name that counts: what `stop-commands` was given
 * @returns undefined for plain text
 */
export function parseCommand(line: string, token?: string): WorkflowCommand | undefined {
  for (const form of forms) {
    const command = parseForm(form, line, token)
    if (command !== undefined) return command
  }
  return undefined
}

function parseForm(form: Form, line: string, token: string | undefined): WorkflowCommand | undefined {
  const match = form.pattern.exec(line)
  if (!match?.groups) return undefined
  const [name = '', ...rest] = (match.groups.info ?? '').split(' ')
  const level = name.toLowerCase()
  if (!known.has(level) && level !== token?.toLowerCase()) return undefined
  const properties = new Map<string, string>()
  for (const part of rest.join(' ').trim().split(form.separator)) {
    const equals = part.indexOf('=')
    if (equals <= 0 || equals === part.length - 1) continue
    properties.set(part.slice(0, equals).toLowerCase(), form.unescapeProperty(part.slice(equals + 1)))
  }
  const title = properties.get('title')
  const file = properties.get('file')
  const lineNumber = properties.get('line')
  return {
    level,
    message: form.unescapeData(match.groups.data ?? ''),
    ...(title === undefined ? {} : { title }),
    ...(file === undefined ? {} : { file }),
    ...(lineNumber === undefined ? {} : { line: Number(lineNumber) }),
  }
}

/** The values a job must not show, replaced by `***` wherever they turn up. */
export class Masks {
  readonly #values = new Set<string>()

  /** Masks a value, and each of its lines: child processes print one line at a time. */
  add(value: string): void {
    for (const part of [value, ...value.split(/\r?\n/)]) if (part.trim() !== '') this.#values.add(part)
  }

  /** The text with every masked value replaced, longest first so that none shows half. */
  apply(text: string): string {
    const longestFirst = [...this.#values].sort((left, right) => right.length - left.length)
    return longestFirst.reduce((masked, value) => masked.replaceAll(value, '***'), text)
  }
}

/**
 * Follows one step's output line by line: gathers its commands, obeys `add-mask` and `stop-commands`, and keeps
 * the rest as the log a person would read.
 */
export class StepOutput {
  readonly commands: WorkflowCommand[] = []
  readonly #masks: Masks
  readonly #log: string[] = []
  #stopToken: string | undefined

  /** @param masks the job's masks: what this step adds also hides in later steps */
  constructor(masks: Masks) {
    this.#masks = masks
  }

  /** The lines that were no commands, masked as they stood when each was printed. */
  get log(): string {
    return this.#log.join('\n')
  }

  /** Takes one line of stdout or stderr: the runner reads commands from both. */
  take(line: string): void {
    const command = parseCommand(line, this.#stopToken)
    if (command && this.#stopToken !== undefined) {
      if (command.level === this.#stopToken.toLowerCase()) this.#stopToken = undefined
      else this.#log.push(this.#masks.apply(line))
    } else if (command?.level === 'stop-commands') {
      this.#stopToken = command.message
    } else if (command) {
      this.add(command)
    } else {
      this.#log.push(this.#masks.apply(line))
    }
  }

  /** Records a command, also one that the runner itself raises. */
  add(command: WorkflowCommand): void {
    if (command.level === 'add-mask') this.#masks.add(command.message)
    const isMask = command.level === 'add-mask'
    this.commands.push({ ...command, message: isMask ? '***' : this.#masks.apply(command.message) })
  }
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','))
}

function unescapeBracketed(text: string): string {
  return unescapeData(text.replaceAll('%3B', ';').replaceAll('%5D', ']'))
}
