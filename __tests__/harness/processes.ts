import { readdirSync, readlinkSync } from 'node:fs'

/** Processes whose current directory is below a folder; only Linux tells, elsewhere there are none to see. */
export function processesBelow(folder: string): readonly string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)
    } catch {
      // It has ended meanwhile, or is somebody else's.
      return false
    }
  })
}
