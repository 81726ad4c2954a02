/**
 * Whether GOFLAGS turns a boolean flag on (cmd/go, "go help environment": one or two dashes, optionally
 * `=true`).
 *
 * @param goflags the value of GOFLAGS
 * @param flag the flag's name without dashes
 */
export function hasGoFlag(goflags: string, flag: 'trimpath' | 'modcacherw'): boolean {
  return new RegExp(`(?:^|\\s)--?${flag}(?:=true)?(?:\\s|$)`).test(goflags)
}
