// npm run bench: ratios measured side by side in one run; an absolute time on a shared machine means nothing.
import { benchPack } from './pack.ts'
import { benchStartup } from './startup.ts'

const benches: Readonly<Record<string, () => void | Promise<void>>> = {
  startup: benchStartup,
  pack: benchPack,
}
const wanted = process.argv.slice(2)
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) await bench()
}
