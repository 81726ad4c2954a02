import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import type { Machine } from '../bundle/shared-machine.ts'
import { isRoot } from '../harness/unprivileged.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'
import { type FaultPlace, lib, testFaults } from './table.ts'

const canMount = process.platform === 'linux' && isRoot
const uncached = { step: 'goes on', log: 'warning', modules: 'downloaded' } as const
const cached = { step: 'goes on', log: 'nothing', modules: 'from the entry', text: /restored/ } as const
const mebibyte = 1024 * 1024

/** Mounts a disk of one mebibyte at a folder. */
function smallDisk(folder: string): () => void {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
  return () => void execFileSync('umount', ['--lazy', folder])
}

/** Fills such a disk up to this many free bytes. */
function fill(folder: string, left: number): void {
  writeFileSync(path.join(folder, 'filler'), Buffer.alloc(mebibyte - left))
}

const temp = ({ bed }: Machine) => path.join(bed.folder, 'temp')
const tree = 'example.com/lib@v1.0.0'

/** Files that remain of a module when a job ends while unpacking it. */
function halfTree({ machine }: FaultPlace, more: Readonly<Record<string, string>>): undefined {
  writeFiles(machine.gomodcache, { [`${tree}/go.mod`]: lib.files['go.mod'] ?? '', ...more })
}

/** A PATH with little more than Go and git. */
function onlyTools({ machine }: FaultPlace): string {
  const folder = path.join(machine.bed.folder, 'bin')
  mkdirSync(folder, { recursive: true })
  for (const tool of ['go', 'git', 'bash', 'sh']) {
    const [from, to] = [execFileSync('which', [tool], { encoding: 'utf8' }).trim(), path.join(folder, tool)]
    if (!existsSync(to)) symlinkSync(from, to)
  }
  return folder
}

testFaults('The machine', [
  {
    fault: 'The disk of RUNNER_TEMP has no room for an entry when one is restored',
    ...cached,
    runIf: canMount,
    breaks: ({ machine }) => smallDisk(temp(machine)),
    job: { prepare: (places) => fill(places.temp, 64 * 1024) },
  },
  {
    fault: 'The disk of RUNNER_TEMP is full when an entry is restored with the cache client',
    ...uncached,
    text: /ENOSPC|no space|tar/,
    runIf: canMount,
    with: { 'cache-backend': 'toolkit' },
    breaks: ({ machine }) => smallDisk(temp(machine)),
    job: { prepare: (places) => fill(places.temp, 32 * 1024) },
  },
  {
    fault: 'The disk of RUNNER_TEMP is full when an entry is saved',
    ...{ step: 'goes on', log: 'nothing', modules: 'downloaded' },
    text: /Saved/i,
    runIf: canMount,
    with: { 'cache-key': 'disk' },
    breaks: ({ machine }) => smallDisk(temp(machine)),
    shell: 'head -c 2000000 /dev/zero > "$RUNNER_TEMP/filler" || true',
  },
  {
    fault: 'The disk of RUNNER_TEMP is full when an entry is saved with the cache client',
    ...uncached,
    text: /ENOSPC|no space|tar/,
    runIf: canMount,
    with: { 'cache-key': 'disk', 'cache-backend': 'toolkit' },
    breaks: ({ machine }) => smallDisk(temp(machine)),
    shell: 'head -c 2000000 /dev/zero > "$RUNNER_TEMP/filler" || true',
  },
  {
    fault: 'The disk of GOMODCACHE is full',
    ...({ step: 'fails', log: 'error', modules: 'none' } as const),
    text: /space/,
    runIf: canMount,
    breaks: ({ machine }) => {
      const end = smallDisk(machine.gomodcache)
      fill(machine.gomodcache, 8 * 1024)
      return end
    },
  },
  {
    fault: 'GOMODCACHE is a file',
    ...({ step: 'fails', log: 'error', modules: 'none' } as const),
    text: /The module cache cannot be at/,
    breaks: ({ machine }) => {
      mkdirSync(path.dirname(machine.gomodcache), { recursive: true })
      writeFileSync(machine.gomodcache, '')
      return undefined
    },
  },
  {
    fault: 'GOMODCACHE is a link to another folder',
    ...cached,
    breaks: ({ machine }) => {
      mkdirSync(path.dirname(machine.gomodcache), { recursive: true })
      symlinkSync(temporaryFolder(), machine.gomodcache)
      return undefined
    },
  },
  {
    fault: 'A module is incomplete, without its `.ziphash`',
    ...cached,
    modules: 'the wrong one downloaded',
    breaks: (place) => halfTree(place, {}),
  },
  {
    fault: 'A module is incomplete, and Go has marked it so',
    ...cached,
    modules: 'the wrong one downloaded',
    breaks: (place) => halfTree(place, { 'cache/download/example.com/lib/@v/v1.0.0.partial': '' }),
  },
  {
    fault: 'Checkout files are dated 1970 and 2099',
    ...cached,
    job: {
      prepare: ({ workspace }) => {
        utimesSync(path.join(workspace, 'go.mod'), 0, 0)
        utimesSync(path.join(workspace, 'go.sum'), 4e9, 4e9)
      },
    },
  },
  {
    fault: '`tar` is missing',
    ...cached,
    job: (place) => ({ env: { PATH: onlyTools(place) } }),
  },
  {
    fault: '`tar` is missing, with the cache client',
    ...uncached,
    text: /tar/,
    with: { 'cache-backend': 'toolkit' },
    job: (place) => ({ env: { PATH: onlyTools(place) } }),
  },
])
