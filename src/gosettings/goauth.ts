/** GOAUTH: how Go gets credentials for https. */

import { splitQuoted } from './flag-values.ts'
import { redactedGoproxy } from './goproxy.ts'
import type { Setting } from './module-patterns.ts'

/**
 * Checks a text for GOAUTH (cmd/go/internal/auth/auth.go, runGoAuth; "go help goauth"). Go 1.23 and older do not read
 * it. Go shows errors of a command only with `-x`; otherwise only the refused request is visible.
 *
 * @param text commands separated by `;` or line breaks; empty means that GOAUTH is not set
 * @returns the commands separated by `;`
 */
export function readGoauth(text: string): Setting {
  const commands = splitCommands(text)
  for (const [index, command] of commands.entries()) {
    const fault = commandFault(command, commands.length === 1)
    // Arguments may be secret, and so may a variable that is set before a command.
    const shown = redactedGoproxy(command.split(/\s/)[0] ?? '').replace(/=.*/s, '=…')
    if (fault !== undefined) return { fault: `element ${index + 1} ("${shown}") ${fault}` }
  }
  return { value: commands.join(';') }
}

/** Splits a text into commands. A line break next to a semicolon is one separator, and empty lines are skipped. */
function splitCommands(text: string): readonly string[] {
  const list = text.trim().replaceAll(/\s*;?\s*[\r\n]\s*;?\s*/g, ';')
  return list === '' ? [] : list.split(';').map((command) => command.trim())
}

function commandFault(command: string, isAlone: boolean): string | undefined {
  const words = command.split(/\s+/)
  const [method = '', directory = ''] = words
  switch (method) {
    case '':
      return 'is empty, which Go refuses'
    case 'off':
      return isAlone && words.length === 1 ? undefined : 'must stand alone'
    case 'netrc':
      return words.length === 1 ? undefined : 'takes no argument: the variable NETRC names the file'
    case 'git':
      if (words.length !== 2) return 'needs one directory to run git in, without blanks and quotes'
      return isAbsolute(directory)
        ? undefined
        : 'needs an absolute directory: Go does not expand ~ or variables'
    default:
      return programFault(command)
  }
}

function programFault(command: string): string | undefined {
  const program = splitQuoted(command)?.[0]
  if (program === undefined) return 'has an unclosed quote (a `;` ends a command even inside quotes)'
  const word = /^(off|netrc|git)(?=[,|]|$)/i.exec(program)?.[0]
  if (word !== undefined && word.length < program.length)
    return 'holds a separator: commands are separated by `;`'
  if (word !== undefined) {
    return `must be written "${word.toLowerCase()}", without quotes: Go would run it as a program`
  }
  if (/^(?:~|\$|%|\w+=)/.test(program))
    return 'is not a program: Go runs no shell, so it does not expand ~ or variables'
  return program === '' ? 'has an empty program name' : undefined
}

/** Whether a path is absolute on Unix or Windows: Go may run on another system than this action. */
function isAbsolute(directory: string): boolean {
  return /^(?:\/|[a-z]:[\\/]|\\\\)/i.test(directory)
}

/** Minimum length of a secret: masking shorter words would hide too much of a log. */
const shortestSecret = 6

/**
 * Returns the parts of a text for GOAUTH that may be secrets, for masking: the arguments of commands, and the value of
 * `--flag=value`. Names of flags and absolute paths are no secrets.
 */
export function goauthSecrets(text: string): readonly string[] {
  const secrets = text.split(/[;\r\n]/).flatMap((command) => {
    const [, ...args] = splitQuoted(command) ?? command.trim().split(/\s+/)
    return args.map((word) => /^--?[^=]+=(.*)$/s.exec(word)?.[1] ?? (word.startsWith('-') ? '' : word))
  })
  return [...new Set(secrets)].filter(
    (word) => word.length >= shortestSecret && !/^(?:\/|[A-Za-z]:[\\/])/.test(word),
  )
}
