/** GOTOOLCHAIN: the Go that runs, and whether it may switch to another. */

import { compareGoVersions, parseGoVersion } from '../gofiles/go-version.ts'
import type { Setting } from './module-patterns.ts'

/**
 * Checks a text for GOTOOLCHAIN (cmd/go/internal/toolchain/select.go, Select and Exec; https://go.dev/doc/toolchain).
 *
 * @param text `auto`, `path`, or `local` or a toolchain such as `go1.25.3`, followed by `+auto` or `+path` if it
 * may switch; empty means that GOTOOLCHAIN is not set
 */
export function readGotoolchain(text: string): Setting {
  const setting = text.trim()
  if (setting === '' || setting === 'auto' || setting === 'path') return { value: setting }
  const plus = setting.indexOf('+')
  const name = plus === -1 ? setting : setting.slice(0, plus)
  const suffix = plus === -1 ? '' : setting.slice(plus)
  const fault = /\s/.test(setting)
    ? 'it holds a blank: Go accepts one toolchain'
    : (suffixFault(suffix) ?? nameFault(name, suffix))
  return fault === undefined ? { value: setting } : { fault }
}

function suffixFault(suffix: string): string | undefined {
  if (suffix === '' || suffix === '+auto' || suffix === '+path') return undefined
  return `it ends in "${suffix}": only +auto and +path may follow a toolchain`
}

function nameFault(name: string, suffix: string): string | undefined {
  if (name === 'local') return undefined
  if (/^(?:local|auto|path)$/i.test(name)) {
    if (suffix === '' || /^local$/i.test(name)) return `"${name}" must be written in lower case`
    return `"${name}" cannot be followed by "${suffix}": only local or a release can`
  }
  // Common mistakes: a version without go, as in a go.mod file or a git tag, or in upper case.
  const corrected = /^v?\d/i.test(name) ? `go${name.replace(/^v/i, '')}` : name.replace(/^go/i, 'go')
  const release = releaseOf(corrected)
  if (release === name) return undefined
  if (release !== undefined) return `"${name}" is not a toolchain: write "${release}${suffix}"`
  return `"${name}" is not a toolchain: Go accepts local, auto, path or a release such as "go1.25.0"`
}

/**
 * Returns the release that a name means: since Go 1.21 a first release ends in .0, before that it does not.
 *
 * @param name a name such as `go1.25.3` or `go1.25.3-custom`
 * @returns undefined when the name means no release
 */
function releaseOf(name: string): string | undefined {
  const version = parseGoVersion(name)
  if (version === undefined || !name.startsWith('go1.')) return undefined
  if (compareGoVersions(name, 'go1.21') < 0) return name.replace(/^(go1\.\d+)\.0$/, '$1')
  // Go looks up a custom name, such as go1.25-custom, on PATH unchanged.
  const isLanguage = version.patch === '' && version.kind === '' && !name.includes('-')
  return isLanguage ? `${name}.0` : name
}
