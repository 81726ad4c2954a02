import { runMain } from './action.ts'

await runMain()
