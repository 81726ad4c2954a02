import * as path from 'node:path'
import { checkPlacedShard, hashInBackground, readSingleFile, type SingleFile } from '../cache/index.ts'
import { CorruptArchive, type Problem, UserError } from '../errors.ts'
import { isDirectory, isFile, lstat, readText, realPath } from '../platform/files.ts'
import {
  type BundleContent,
  bundleFiles,
  decodeBundle,
  sidecarSuffixes,
  UnreadableBundle,
} from './content.ts'

/** A bundle whose manifest has been checked, but whose files have not. */
export interface OpenedBundle {
  /** The path as the user wrote it. */
  readonly given: string
  /** The input that names it. */
  readonly input: 'bundle' | 'bundle-check'
  readonly entry: SingleFile
  readonly content: BundleContent
  /** Length in bytes. */
  readonly size: number
  /**
   * Resolves to its SHA-256; rejects with a UserError when it differs from the expected one. Await it before you use
   * any file.
   */
  readonly confirmed: Promise<string>
  /** The source of the expected SHA-256: an input, the file next to the bundle, or nothing. */
  readonly verifiedBy: 'input' | 'file' | 'nothing'
}

/**
 * Opens a bundle and checks its manifest. The comparison of its SHA-256 with an expected one runs in the background.
 *
 * @param given the path that the user wrote
 * @param input the input that holds it
 * @param workspace absolute path of the checkout
 * @param sha256 the expected SHA-256; empty to use that in the file next to the bundle
 * @throws UserError when the file is not a bundle, or has another SHA-256 than expected
 */
export async function openBundle(
  given: string,
  input: OpenedBundle['input'],
  workspace: string,
  sha256: string,
): Promise<OpenedBundle> {
  const file = path.resolve(workspace, given)
  const refusal = (what: string, fix: string): UserError =>
    new UserError([{ what: `Input \`${input}\` is ${JSON.stringify(given)}, ${what}`, allowed: '', fix }])
  if (isDirectory(file)) throw refusal('which is a directory', 'Name the file that `bundle-output` wrote.')
  if (!isFile(file)) {
    throw refusal(
      `which does not exist${path.isAbsolute(given) ? '' : ` in ${workspace}`}`,
      'Download it in a step before this one, and set the input to its path in the checkout.',
    )
  }
  const expected = sha256 === '' ? sidecarHash(`${file}${sidecarSuffixes.sha256}`, refusal) : sha256
  // The path may be a link to a file.
  const real = realPath(file)
  const confirmed = hashInBackground(real).then((found) => {
    if (expected === undefined || expected === found) return found
    const source =
      sha256 === '' ? `the file ${path.basename(file)}${sidecarSuffixes.sha256}` : 'input `bundle-sha256`'
    throw refusal(
      `whose SHA-256 is ${found}, but ${source} expects ${expected}`,
      'It is damaged or a different file: download it again from its source.',
    )
  })
  // Users of the bundle await this later. Until then, a rejection must not count as unhandled.
  confirmed.catch(() => {})
  const downloadAgain = 'Download it again, or create it again with `bundle-output`.'
  try {
    const entry = readSingleFile(real)
    if (entry.manifest.kind !== 'bundle')
      throw new CorruptArchive(`it holds ${entry.manifest.kind}, not a bundle`)
    const size = lstat(real)?.size ?? 0
    // The stored content cannot be longer than the file. A manifest that claims more is made to fill the disk.
    if (entry.manifest.bytes > size)
      throw new CorruptArchive('its manifest lists more bytes than the file has')
    const content = decodeBundle(entry.manifest.about)
    compareWithDescription(entry, content)
    const verifiedBy = sha256 !== '' ? 'input' : expected !== undefined ? 'file' : 'nothing'
    return { given, input, entry, content, size, confirmed, verifiedBy }
  } catch (error) {
    // A wrong SHA-256 explains more than an error in the content, so it comes first.
    await confirmed
    if (error instanceof UnreadableBundle) {
      const isNewer = error.message.includes('newer version')
      throw refusal(
        `which ${error.message}`,
        isNewer
          ? 'Use the version of the action that created it, or create it again with this version.'
          : downloadAgain,
      )
    }
    if (error instanceof CorruptArchive)
      throw refusal(`which is not a bundle of this action, or is damaged: ${error.message}`, downloadAgain)
    throw error
  }
}

/**
 * Compares the files in a bundle with its description.
 *
 * @throws UnreadableBundle when one of them lists a file that the other does not
 */
function compareWithDescription({ manifest }: SingleFile, content: BundleContent): void {
  const described = bundleFiles(content)
  const roots = new Set(manifest.units.flatMap((unit) => unit.roots))
  const undescribed = [...roots].find((root) => !described.has(root))
  if (undescribed !== undefined)
    throw new UnreadableBundle(`holds ${undescribed}, which its description does not list`)
  const absent = [...described.keys()].find((file) => !roots.has(file))
  if (absent !== undefined) throw new UnreadableBundle(`does not hold ${absent}, which its description lists`)
}

/** Reads the SHA-256 in the file next to a bundle, in the form of sha256sum; undefined when there is no such file. */
function sidecarHash(file: string, refusal: (what: string, fix: string) => UserError): string | undefined {
  const text = readText(file)
  if (text === undefined) return undefined
  const [, hash] = /^\\?([0-9a-f]{64}) [ *][^\r\n]+\r?\n?$/i.exec(text) ?? []
  if (hash === undefined) {
    throw refusal(
      `and ${path.basename(file)} next to it does not hold one line of \`sha256sum\` output`,
      `Download both files unchanged, or remove ${path.basename(file)} and set \`bundle-sha256\`.`,
    )
  }
  return hash.toLowerCase()
}

/**
 * Compares everything after the manifest with the manifest's hashes, for a bundle without an expected SHA-256.
 *
 * @throws UserError when it is damaged
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

/** Returns the problem of a bundle that does not match its manifest. */
export function corruptBundleProblem(
  bundle: Pick<OpenedBundle, 'input' | 'given'>,
  { message }: CorruptArchive,
): Problem {
  return {
    what: `Input \`${bundle.input}\` is ${JSON.stringify(bundle.given)}, a damaged bundle: ${message}. It was not used`,
    allowed: '',
    fix: 'Download it again, or create it again with `bundle-output`.',
  }
}

/** Returns the problem of a bundle whose files do not match its description. */
export function mismatchedBundleProblem(
  bundle: Pick<OpenedBundle, 'input' | 'given'>,
  wrong: string,
): Problem {
  return {
    what: `Input \`${bundle.input}\` is ${JSON.stringify(bundle.given)}, a bundle whose content does not match its description: ${wrong}. It was not used`,
    allowed: '',
    fix: 'Do not build with it: find out who changed it, and create it again with `bundle-output`.',
  }
}
