// Runs as a worker thread: creates files, to find out what that costs without unpacking.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

/** The files of one thread. */
export interface FilesToCreate {
  /** Absolute paths of the directories, which do not exist. */
  readonly directories: readonly string[]
  /** Number of files in all of them together. */
  readonly files: number
  /** Length of each file in bytes. */
  readonly length: number
}

const { directories, files, length } = workerData as FilesToCreate
const content = Buffer.alloc(length, 'package files\n')

function createAll(): void {
  for (const directory of directories) mkdirSync(directory, { recursive: true })
  for (let file = 0; file < files; file++) {
    const directory = directories[file % directories.length] ?? ''
    const fd = openSync(`${directory}/file${file}.go`, 'wx')
    try {
      writeSync(fd, content)
    } finally {
      closeSync(fd)
    }
  }
}

parentPort?.once('message', () => {
  createAll()
  parentPort?.postMessage('done')
})
parentPort?.postMessage('ready')
