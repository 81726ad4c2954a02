import { isOldNode } from './platform/node-version.ts'

// With an old Node, main failed before it created anything to save or to remove.
if (!isOldNode('notice')) await import('./post.ts')
