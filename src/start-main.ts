import { isOldNode } from './platform/node-version.ts'

// An old Node cannot parse main.ts and would print a stack trace that does not name the cause.
if (isOldNode('error')) process.exitCode = 1
else await import('./main.ts')
