import * as fs from 'node:fs'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'
import {
  contentStart,
  modifiedSeconds,
  readZipDirectory,
  type ZipEntry,
  type ZipReader,
  zipReader,
} from './zip-directory.ts'

/** Maximum total size of the files in a zip, in bytes. A Go has 250 MB. */
const maxTotal = 2 * 1024 ** 3

/** Number of files that are unpacked at the same time. */
const concurrency = 8

/** Flag of an encrypted entry (APPNOTE.TXT 4.4.4, bit 0). */
const isEncrypted = 0x1

/**
 * Unpacks a zip with the names, contents and times of its files, and the same on every system. Windows has `tar.exe`
 * only since Windows 10 version 1803, and it fails for names that its code page lacks, such as one of Go's own test
 * files (libarchive issue 3063). The toolkit starts PowerShell.
 *
 * @param file absolute path of the zip, which is read into memory
 * @param folder absolute path of a new or empty folder
 * @throws when the zip is corrupt or encrypted, or names a file outside of the folder or twice
 */
export async function unzip(file: string, folder: string): Promise<void> {
  const zip = await fs.promises.readFile(file)
  const at = zipReader(zip)
  const entries = readZipDirectory(at, zip.length)
  for (const entry of entries) {
    const fault = entryFault(entry)
    if (fault !== undefined) throw new Error(`${JSON.stringify(entry.name)} ${fault}`)
  }
  if (entries.reduce((sum, { size }) => sum + size, 0) > maxTotal)
    throw new Error(`its files have more than ${maxTotal} bytes`)
  const folders = entries.map(({ name }) => (name.endsWith('/') ? name : path.posix.dirname(name)))
  for (const name of new Set(['.', ...folders])) fs.mkdirSync(path.join(folder, name), { recursive: true })
  const queue = entries.filter(({ name }) => !name.endsWith('/')).values()
  const work = async () => {
    for (const entry of queue) await unpackFile(at, entry, path.join(folder, entry.name))
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}

/** Returns why an entry cannot be unpacked, as a clause; undefined when it can. */
function entryFault({ name, method, flags }: ZipEntry): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file of Go has one
  if (/[\x00-\x1f\\:\uFFFD]/.test(name)) return 'holds a character that is not allowed'
  const parts = name.replace(/\/$/, '').split('/')
  if (parts.some((part) => /^\.{0,2}$/.test(part))) return 'has an empty, . or .. part'
  if ((flags & isEncrypted) !== 0) return 'is encrypted'
  return method === 0 || method === 8 ? undefined : 'uses an unknown compression method'
}

async function unpackFile(at: ZipReader, entry: ZipEntry, file: string): Promise<void> {
  const { name, method, packed, size } = entry
  const start = contentStart(at, entry)
  const bytes = at(start, packed)
  const content = method === 0 ? bytes : await inflate(bytes, { maxOutputLength: Math.max(1, size) })
  if (content.length !== size || crc32(content) !== entry.crc)
    throw new Error(`${name} does not match its directory entry`)
  const handle = await fs.promises.open(file, 'wx')
  try {
    await handle.writeFile(content)
    const seconds = modifiedSeconds(at, entry)
    await handle.utimes(seconds, seconds)
  } finally {
    await handle.close()
  }
}

const inflate = promisify<Buffer, { readonly maxOutputLength: number }, Buffer>(inflateRaw)
