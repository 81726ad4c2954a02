import { runPost } from './action.ts'
import { runPhase } from './platform/runner.ts'

await runPhase('post', runPost)
