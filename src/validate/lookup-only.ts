import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/index.ts'

/** Returns the inputs that contradict `lookup-only` or `fail-on-cache-miss`. */
export function lookupProblems(inputs: Inputs): readonly Problem[] {
  const isLookup = inputs['lookup-only']
  const required = inputs['fail-on-cache-miss']
  return [
    ...(isLookup ? [...uncachedProblems('lookup-only', 'true', inputs), ...workProblems(inputs)] : []),
    ...(required === 'false' ? [] : uncachedProblems('fail-on-cache-miss', required, inputs)),
  ]
}

/** Returns the problem of an input that needs a cache which another input turns off. */
function uncachedProblems(
  name: 'lookup-only' | 'fail-on-cache-miss',
  value: 'true' | 'modules' | 'build',
  inputs: Inputs,
): readonly Problem[] {
  const problem = (reason: string): readonly Problem[] => [
    { what: `Input \`${name}\` is "${value}", but ${reason}`, allowed: '', fix: 'Remove one of the two.' },
  ]
  const names = value === 'true' ? (['modules', 'build'] as const) : [value]
  const off = names.filter((one) => !inputs[`cache-${one}`]).map((one) => `\`cache-${one}\``)
  const mode = inputs['cache-mode']
  if (!inputs.cache) return problem('`cache` is "false"')
  if (off.length === names.length)
    return problem(`${off.join(' and ')} ${off.length === 1 ? 'is' : 'are'} "false"`)
  if (mode === 'none' || mode === 'write-only')
    return problem(`\`cache-mode\` is "${mode}", which restores nothing`)
  return []
}

/** Returns the inputs that request work with modules, which a lookup does not have. */
function workProblems(inputs: Inputs): readonly Problem[] {
  const requests: readonly (readonly [name: string, value: string])[] = [
    ...(inputs.dependencies === 'vendor' ? [['dependencies', 'vendor'] as const] : []),
    ...(inputs['check-vendor'] ? [['check-vendor', 'true'] as const] : []),
    ...(inputs['check-tidy'] ? [['check-tidy', 'true'] as const] : []),
    ...(inputs.offline === 'false' ? [] : [['offline', inputs.offline] as const]),
    ...(inputs['offline-check'].length === 0
      ? []
      : [['offline-check', inputs['offline-check'].join(', ')] as const]),
    ...(inputs['deps-lock-mode'] === 'write' ? [['deps-lock-mode', 'write'] as const] : []),
    ...(['bundle', 'bundle-output'] as const).flatMap((name) =>
      inputs[name] === '' ? [] : [[name, inputs[name]] as const],
    ),
  ]
  return requests.map(([name, value]) => ({
    what: `Input \`lookup-only\` is "true", so this step has no modules, but \`${name}\` is "${value}"`,
    allowed: '',
    fix: 'Remove one of the two.',
  }))
}
