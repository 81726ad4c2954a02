import { carrierProcess } from './system/toolkit-cache.ts'

await carrierProcess()
