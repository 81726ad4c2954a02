import { runMain } from './action.ts'
import { runPhase } from './system/runner.ts'

await runPhase('main', runMain)
