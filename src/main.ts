import { runMain } from './action.ts'
import { runPhase } from './platform/runner.ts'

await runPhase('main', runMain)
