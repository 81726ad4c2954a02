import { isOldNode } from './platform/node-version.ts'

// Main has failed with such a Node, and left nothing to save or to remove.
if (!isOldNode('notice')) await import('./post.ts')
