import { isOldNode } from './platform/node-version.ts'

// Loaded only by a Node that can read it: an old one would show a stack, and nobody would know why.
if (isOldNode('error')) process.exitCode = 1
else await import('./main.ts')
