import type { Opened } from '../report/index.ts'
import { bytesText, secondsText } from '../text/amounts.ts'
import type { BundleReport } from './content.ts'
import type { BundleFit } from './select.ts'

/** Describes an opened bundle in one line. */
export function bundleOpenedText(
  { given, content, size, sha256, verifiedBy }: Opened,
  extra: number,
): string {
  const by = {
    input: 'verified by input `bundle-sha256`',
    file: 'verified by the `.sha256` file next to it',
    nothing: 'not verified: set `bundle-sha256`',
  }
  const toolchains = content.toolchains.map(({ version }) => version.replace(/^v0\.0\.1-/, ''))
  const more = [
    ...(toolchains.length === 0 ? [] : [`toolchains ${toolchains.join(', ')}`]),
    ...(content.others.some(({ path }) => path.startsWith('sumdb/')) ? ['the checksum database'] : []),
    ...(extra === 0 ? [] : [`${extra} not in this checkout`]),
  ]
  const what = [`${content.modules.length} module versions`, ...more].join(', ')
  return `Bundle ${given}: ${what}, scope ${content.scope}, ${bytesText(size)}, SHA-256 ${sha256}, ${by[verifiedBy]}`
}

/** Describes in one line how a bundle was used. */
export function bundleUsedText(
  into: 'proxy' | 'module-cache',
  { files, bytes }: { readonly files: readonly string[]; readonly bytes: number },
  seconds: number,
): string {
  const where = into === 'proxy' ? 'served as a file GOPROXY' : 'added to GOMODCACHE'
  return `Bundle: ${files.length} files of ${bytesText(bytes)} verified and ${where} in ${secondsText(seconds)}`
}

/** Describes a written bundle in one line. */
export function bundleWrittenText(made: BundleReport): string {
  const { content, size, sha256, seconds } = made
  return `Bundle ${made.file}: ${content.modules.length} module versions, ${bytesText(size)}, SHA-256 ${sha256}, in ${secondsText(seconds)}`
}

/** Lists what a checkout needs and a bundle does not have, one per line. */
export function bundleGapLines({ gaps }: BundleFit): readonly string[] {
  return gaps.map(({ name, part, expected, found }) => {
    const what = found === '' ? 'missing' : `different hash: ${found} instead of ${expected}`
    return `${name}  ${part}  ${what}`
  })
}
