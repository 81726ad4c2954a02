/**
 * The packages that the go command compiled, from what it prints with `-x`: once for every call of the compiler,
 * so a package that was compiled for its tests as well stands there twice. Commands are called `main`.
 *
 * @param stderr what `go build -x`, `go vet -x` or `go test -x` printed
 */
export function compiledPackages(stderr: string): readonly string[] {
  return stderr.split('\n').flatMap((line) => {
    if (!/[\\/]compile(?:\.exe)?"? -o /.test(line)) return []
    return / -p (\S+)/.exec(line)?.[1] ?? []
  })
}

/**
 * What became of the tests of each package, in the words of `go test`: `(cached)`, or how long they ran.
 *
 * @param stdout what `go test` printed
 */
export function testResults(stdout: string): ReadonlyMap<string, string> {
  const lines = stdout.split('\n').map((line) => /^ok +\t(\S+)\t(\S+)/.exec(line))
  return new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? '']])))
}
