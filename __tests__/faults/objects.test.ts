import { type FaultCase, testFaults } from './table.ts'

const kept = { step: 'goes on', log: 'nothing', modules: 'from the entry', text: /restored/ } as const

/** A job packs a change that it made to its largest build object, which the next job uses. */
function tampered(script: string): Pick<FaultCase, 'poison' | 'with'> {
  const largest = (kind: string) =>
    `$(find "$GOCACHE" -name '*-${kind}' -size -100k -printf '%s %p\\n' | sort -rn | sed -n 1p | cut -d' ' -f2)`
  return {
    poison: `data=${largest('d')}; action=${largest('a')}\n${script}`,
    with: { 'cache-key': `key ${++keys}` },
  }
}
let keys = 0

testFaults(
  'An entry with changed build objects',
  [
    {
      fault: 'A changed byte in an object, of the same length',
      ...kept,
      ...tampered(`printf x | dd of="$data" bs=1 seek=20 conv=notrunc status=none`),
    },
    { fault: 'A truncated object', ...kept, ...tampered('truncate --size=-1 "$data"') },
    { fault: 'An invalid record of an object', ...kept, ...tampered(`printf 'v1 nonsense' > "$action"`) },
    { fault: 'An object without its record', ...kept, ...tampered('rm "$action"') },
  ],
  {},
)
