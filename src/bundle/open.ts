import * as path from 'node:path'
import { hashInBackground } from '../cache/archive/hash-files.ts'
import { readSingleFile, type SingleFile } from '../cache/archive/single-file.ts'
import { checkPlacedShard } from '../cache/archive/unpack-shard.ts'
import { CorruptArchive, type Problem, UserError } from '../errors.ts'
import { isDirectory, isFile, lstat, readText, realPath } from '../platform/files.ts'
import {
  type BundleContent,
  bundleFiles,
  decodeBundle,
  sidecarSuffixes,
  UnreadableBundle,
} from './content.ts'

/** A bundle whose manifest has been checked; of its files nothing was looked at yet. */
export interface OpenedBundle {
  /** As the user named it. */
  readonly given: string
  /** The input that names it. */
  readonly input: 'bundle' | 'bundle-check'
  readonly entry: SingleFile
  readonly content: BundleContent
  /** Length in bytes. */
  readonly size: number
  /** Its SHA-256; rejected with a BadInput when that is not the one which it must have. Nothing of it may be used before. */
  readonly confirmed: Promise<string>
  /** What vouches for the SHA-256: an input, the file beside it, or nothing. */
  readonly verifiedBy: 'input' | 'file' | 'nothing'
}

/**
 * Opens a bundle and checks its manifest. Its SHA-256 is compared meanwhile, where one is known that it must have.
 *
 * @param given the path that the user wrote
 * @param input the input that it stands in
 * @param workspace absolute path of the checkout
 * @param sha256 what the SHA-256 must be; empty: what the file beside it says
 * @throws BadInput when it is none, or not the one that is meant
 */
export async function openBundle(
  given: string,
  input: OpenedBundle['input'],
  workspace: string,
  sha256: string,
): Promise<OpenedBundle> {
  const file = path.resolve(workspace, given)
  const refuse = (what: string, fix: string): UserError =>
    new UserError([{ what: `Input \`${input}\` is ${JSON.stringify(given)}, ${what}`, allowed: '', fix }])
  if (isDirectory(file)) throw refuse('which is a directory', 'Name the file that `bundle-output` wrote.')
  if (!isFile(file)) {
    throw refuse(
      `and there is no such file${path.isAbsolute(given) ? '' : ` in ${workspace}`}`,
      'Bring it here in a step before this one, and name it as it lies in the checkout.',
    )
  }
  const expected = sha256 === '' ? sideHash(`${file}${sidecarSuffixes.sha256}`, refuse) : sha256
  // Its name may be a link, as long as there is a file behind it.
  const real = realPath(file)
  const confirmed = hashInBackground(real).then((found) => {
    if (expected === undefined || expected === found) return found
    const says =
      sha256 === '' ? `the file ${path.basename(file)}${sidecarSuffixes.sha256}` : 'input `bundle-sha256`'
    throw refuse(
      `whose SHA-256 is ${found}, and ${says} says ${expected}`,
      'It is damaged or another one: fetch it again, from where it was made.',
    )
  })
  // Whoever uses the bundle waits for it; until then nobody does.
  confirmed.catch(() => {})
  const again = 'Fetch it again, or make it anew with `bundle-output`.'
  try {
    const entry = readSingleFile(real)
    if (entry.manifest.kind !== 'bundle')
      throw new CorruptArchive(`it holds ${entry.manifest.kind}, and is no bundle`)
    const size = lstat(real)?.size ?? 0
    // What is stored is not longer than the file: anything else is made to fill the disk.
    if (entry.manifest.bytes > size) throw new CorruptArchive('it holds more than it is long')
    const content = decodeBundle(entry.manifest.about)
    refuseStrangers(entry, content)
    const verifiedBy = sha256 !== '' ? 'input' : expected !== undefined ? 'file' : 'nothing'
    return { given, input, entry, content, size, confirmed, verifiedBy }
  } catch (error) {
    // That it is another file says more than what is wrong in it.
    await confirmed
    if (error instanceof UnreadableBundle) {
      const isNewer = error.message.includes('newer version')
      throw refuse(
        `which ${error.message}`,
        isNewer ? 'Use the version of the action that made it, or make it anew with this one.' : again,
      )
    }
    if (error instanceof CorruptArchive)
      throw refuse(`which is no bundle of this action, or a damaged one: ${error.message}`, again)
    throw error
  }
}

/** @throws BundleRefused when there is anything in a bundle that its description does not speak of, or the other way round */
function refuseStrangers({ manifest }: SingleFile, content: BundleContent): void {
  const described = bundleFiles(content)
  const roots = new Set(manifest.units.flatMap((unit) => unit.roots))
  const stranger = [...roots].find((root) => !described.has(root))
  if (stranger !== undefined) throw new UnreadableBundle(`holds ${stranger}, of which it says nothing`)
  const absent = [...described.keys()].find((file) => !roots.has(file))
  if (absent !== undefined) throw new UnreadableBundle(`does not hold ${absent}, of which it speaks`)
}

/** What a file beside a bundle says of its SHA-256, in the form of sha256sum; undefined where there is no such file. */
function sideHash(file: string, refuse: (what: string, fix: string) => UserError): string | undefined {
  const text = readText(file)
  if (text === undefined) return undefined
  const [, hash] = /^\\?([0-9a-f]{64}) [ *][^\r\n]+\r?\n?$/i.exec(text) ?? []
  if (hash === undefined) {
    throw refuse(
      `and ${path.basename(file)} beside it is not what \`sha256sum\` writes of one file`,
      'Bring both files here as they were made, or remove that one and set `bundle-sha256`.',
    )
  }
  return hash.toLowerCase()
}

/**
 * Compares everything behind the manifest with the hashes in it, where nothing vouched for the whole file.
 *
 * @throws BadInput when it is damaged
 */
export function checkShards(bundle: OpenedBundle): void {
  const { manifest, places } = bundle.entry
  try {
    for (const [index, shard] of manifest.shards.entries()) {
      const place = places[index]
      if (place !== undefined) checkPlacedShard(place, shard)
    }
  } catch (error) {
    throw error instanceof CorruptArchive ? new UserError([corruptBundleProblem(bundle, error)]) : error
  }
}

/** What is wrong with a bundle that is not as its manifest says. */
export function corruptBundleProblem(
  bundle: Pick<OpenedBundle, 'input' | 'given'>,
  { message }: CorruptArchive,
): Problem {
  return {
    what: `Input \`${bundle.input}\` is ${JSON.stringify(bundle.given)}, a damaged bundle: ${message}. Nothing of it is used`,
    allowed: '',
    fix: 'Fetch it again, or make it anew with `bundle-output`.',
  }
}

/** What is wrong with a bundle whose files are not what it says of them. */
export function mismatchedBundleProblem(
  bundle: Pick<OpenedBundle, 'input' | 'given'>,
  wrong: string,
): Problem {
  return {
    what: `Input \`${bundle.input}\` is ${JSON.stringify(bundle.given)}, a bundle that holds something else than it says: ${wrong}. Nothing of it is used`,
    allowed: '',
    fix: 'Do not build with it: find out who changed it, and make it anew with `bundle-output`.',
  }
}
