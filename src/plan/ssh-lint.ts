import { matchesModulePatterns } from '../modules/settings/match-patterns.ts'

const shown = 5

/**
 * What is fetched by ssh and is no private module to Go all the same, as a warning: then Go asks the module proxy and the
 * checksum database about it, which tells them its name, and fails when the latter does not know it.
 *
 * @param addresses what keys are for
 * @param settings what a variable is set to, once the inputs have been heard
 * @returns one sentence, or none
 */
export function lintSshAddresses(
  addresses: readonly { readonly host: string; readonly path: string }[],
  settings: (name: string) => string,
): readonly string[] {
  if (/^(?:direct|off)\b/.test(settings('GOPROXY'))) return []
  const patterns = settings('GONOPROXY') || settings('GOPRIVATE')
  const asked = addresses
    .map(({ host, path }) => [host.replace(/:\d+$/, ''), ...(path === '' ? [] : [path])].join('/'))
    .filter((address) => !overlap(patterns, address))
  if (asked.length === 0) return []
  const more = asked.length > shown ? ` and ${asked.length - shown} more` : ''
  return [
    `\`ssh-private-key\` has a key for ${asked.slice(0, shown).join(', ')}${more}, which GOPRIVATE does not name: the module proxy and the checksum database are asked about it. Name it in \`goprivate\`.`,
  ]
}

/** Whether modules at an address, or below it, may match a pattern, which may have more elements or less. */
function overlap(patterns: string, address: string): boolean {
  const elements = address.split('/')
  return patterns.split(',').some((text) => {
    const pattern = text.trim().replace(/\/$/, '').split('/').slice(0, elements.length)
    return matchesModulePatterns(pattern.join('/'), elements.slice(0, pattern.length).join('/'))
  })
}
