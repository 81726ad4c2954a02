import { type FaultCase, testFaults } from './table.ts'

const kept = { step: 'goes on', log: 'nothing', modules: 'from the entry', text: /restored/ } as const

/** A job packs what it has done to its build objects: to the largest of them, which is used by the next job. */
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
  'An entry in which a job has changed build objects',
  [
    {
      fault: 'Another byte in an object, of the same length',
      ...kept,
      ...tampered(`printf x | dd of="$data" bs=1 seek=20 conv=notrunc status=none`),
    },
    { fault: 'An object that is cut off', ...kept, ...tampered('truncate --size=-1 "$data"') },
    { fault: 'A record of an object that is none', ...kept, ...tampered(`printf 'v1 nonsense' > "$action"`) },
    { fault: 'An object without its record', ...kept, ...tampered('rm "$action"') },
  ],
  {},
)
