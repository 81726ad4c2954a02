import * as fs from 'node:fs'
import * as path from 'node:path'

/** Lets the owner write to a folder and everything in it. */
export function makeTreeWritable(folder: string): void {
  addWrite(folder)
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name)
    if (entry.isDirectory()) makeTreeWritable(inside)
    else if (entry.isFile()) addWrite(inside)
  }
}

function addWrite(target: string): void {
  fs.chmodSync(target, fs.statSync(target).mode | 0o200)
}
