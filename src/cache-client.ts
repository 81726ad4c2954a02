import { cacheClientProcess } from './platform/cache-client/child.ts'

await cacheClientProcess()
