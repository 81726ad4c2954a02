/** GOVCS: the version control systems that Go may run for modules. */

import { redactedGoproxy } from './goproxy.ts'
import { patternFault, type Setting } from './module-patterns.ts'

/**
 * Checks a text for GOVCS (cmd/go/internal/vcs/vcs.go, parseGOVCS; "go help vcs"). Go accepts any word for a version
 * control system and any order of the rules, but an unknown word allows nothing, and the first matching rule wins.
 *
 * @param text rules `pattern:name|name` separated by `,` or line breaks; empty means that GOVCS is not set
 * @returns the rules separated by `,`, without blanks
 */
export function readGovcs(text: string): Setting {
  const before: string[] = []
  const value: string[] = []
  for (const [index, rule] of splitRules(text).entries()) {
    const [pattern = '', ...names] = rule.split(':').map((part) => part.trim())
    const allowed = names
      .join(':')
      .split('|')
      .map((name) => name.trim())
    const fault = ruleFault(rule, pattern, allowed) ?? orderFault(pattern, before)
    if (fault !== undefined) return { fault: `element ${index + 1} ("${redactedGoproxy(rule)}") ${fault}` }
    before.push(pattern)
    value.push(`${pattern}:${allowed.join('|')}`)
  }
  return { value: value.join(',') }
}

/** Splits a text into rules. A line break next to a comma is one separator, and empty lines are skipped. */
function splitRules(text: string): readonly string[] {
  const list = text.trim().replaceAll(/\s*,?\s*[\r\n]\s*,?\s*/g, ',')
  return list === '' ? [] : list.split(',').map((rule) => rule.trim())
}

/** The commands in cmd/go/internal/vcs, vcsList, and the two words for all and none. */
const NAMES = ['git', 'hg', 'svn', 'bzr', 'fossil', 'all', 'off']

function ruleFault(rule: string, pattern: string, allowed: readonly string[]): string | undefined {
  if (rule === '') return 'is empty'
  if (rule.includes('://')) return 'holds a URL: write a module path, without scheme'
  if (!rule.includes(':')) return 'has no colon between pattern and version control systems'
  if (pattern === '') return 'has no pattern before its colon'
  const fault = pattern === 'public' || pattern === 'private' ? undefined : patternFault(pattern)
  if (fault !== undefined) return `has a pattern that ${fault}`
  const unknown = allowed.find((name) => !NAMES.includes(name))
  if (unknown !== undefined) {
    return `allows "${unknown}": Go knows ${NAMES.join(', ')}, separated by \`|\``
  }
  return allowed.includes('off') && allowed.length > 1
    ? 'combines "off" with others: Go allows the others'
    : undefined
}

/** Returns the fault of a rule that has no effect because an earlier rule matches all of its modules. */
function orderFault(pattern: string, before: readonly string[]): string | undefined {
  const covering = before.find(
    (other) => other === '*' || pattern === other || pattern.startsWith(`${other}/`),
  )
  const all = before.includes('public') && before.includes('private') ? '"public" and "private"' : undefined
  const by = covering === undefined ? all : `"${covering}"`
  return by === undefined ? undefined : `is never reached: ${by} before it already matches, so put it first`
}
