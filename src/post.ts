import { runPost } from './action.ts'
import { runPhase } from './system/runner.ts'

await runPhase('post', runPost)
