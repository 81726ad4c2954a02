import * as path from 'node:path'
import { entriesOf, readText } from '../system/files.ts'

/** Directories without packages of the module (`go help packages`). */
const skipped = /^(?:[._].*|vendor|testdata)$/
/** Names of files that are for some systems alone (go/build, goodOSArchFile; internal/syslist). */
const forSome =
  /_(?:aix|android|darwin|dragonfly|freebsd|hurd|illumos|ios|js|linux|nacl|netbsd|openbsd|plan9|solaris|wasip1|windows|zos|386|amd64\w*|arm\w*|loong64|mips\w*|ppc\w*|riscv\w*|s390x?|sparc\w*|wasm)(?:_test)?\.go$/
/** Lines that leave a file out of some builds: constraints, and cgo. */
const constraint = /^(?:\/\/go:build |\/\/ *\+build |import "C")/m

/**
 * Whether a module imports a package of another one in every build: files that are left out of some count for nothing, as
 * those of tools behind a tag do.
 *
 * @param directory absolute path of the importing module
 * @param modulePath of the other one
 */
export function importsSurely(directory: string, modulePath: string): boolean {
  const spec = new RegExp(
    String.raw`^(?:import\s+|\s+)(?:[\w.]+\s+)?"${modulePath.replaceAll(/[.+]/g, '\\$&')}(?:/[^"]*)?"`,
    'm',
  )
  return imports(directory, spec)
}

function imports(directory: string, spec: RegExp): boolean {
  return entriesOf(directory).some((entry) => {
    const at = path.join(directory, entry.name)
    if (entry.isDirectory()) {
      const isOwn = !skipped.test(entry.name) && !entriesOf(at).some(({ name }) => name === 'go.mod')
      return isOwn && imports(at, spec)
    }
    if (!/^[^._].*\.go$/.test(entry.name) || forSome.test(entry.name)) return false
    const text = readText(at) ?? ''
    return spec.test(text) && !constraint.test(text)
  })
}
