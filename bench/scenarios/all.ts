import type { Scenario } from '../scenario.ts'
import { bump } from './bump.ts'
import { bundle } from './bundle.ts'
import { bytes } from './bytes.ts'
import { caddy } from './caddy.ts'
import { carriage } from './carriage.ts'
import { creation } from './creation.ts'
import { edited } from './edited.ts'
import { growth } from './growth.ts'
import { levels } from './levels.ts'
import { matrix } from './matrix.ts'
import { memory } from './memory.ts'
import { pack } from './pack.ts'
import { proof } from './proof.ts'
import { startup } from './startup.ts'
import { tests } from './tests.ts'
import { threads } from './threads.ts'
import { unchanged } from './unchanged.ts'
import { vendored } from './vendored.ts'
import { zips } from './zips.ts'

/** In running order: `bump` and then `growth` continue where the previous scenario ended. */
export const scenarios: readonly Scenario[] = [
  ...[startup, pack, unchanged, edited, bump, growth, tests, matrix, caddy],
  ...[proof, carriage, levels, threads, creation, zips, vendored, memory, bytes, bundle],
]
