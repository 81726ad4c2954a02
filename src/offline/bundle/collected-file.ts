import { type BundleKind, bundlePath } from '../../modules/bundle.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import { type DescribedFile, describeFiles } from '../../proof/describe-files.ts'

/** A file that was proven, or needs no proof. */
export interface CollectedFile extends DescribedFile {
  /** Absolute path of where it is. */
  readonly source: string
}

/** Path of a module version's file in a bundle. */
export function pathOf(name: string, kind: BundleKind): string {
  return bundlePath(splitModuleVersion(name), kind)
}

/**
 * Reads files and says what each is.
 *
 * @param sources absolute paths, by the paths in a bundle
 * @throws the error of the system when a file is gone, or cannot be read
 */
export async function collectFiles(
  sources: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, CollectedFile>> {
  const described = await describeFiles([...sources.values()])
  return new Map(
    [...sources].flatMap(([inBundle, source]) => {
      const file = described.get(source)
      return file === undefined ? [] : [[inBundle, { ...file, source }] as const]
    }),
  )
}
