/** Downloads that settings of the go command forbid. */
import { type Explainer, lineAt, moduleOf, several } from './explanation.ts'

/** GOPROXY=off (cmd/go/internal/modfetch/repo.go, errProxyOff). */
export const explainProxyOff: Explainer = ({ text, announced }) => {
  const lines = [...text.matchAll(/module lookup disabled by GOPROXY=off/g)].map(({ index }) =>
    lineAt(text, index),
  )
  if (lines.length === 0) return undefined
  // In errors of packages Go does not name the module; it has said before that it would download it.
  const named = lines.flatMap((line) => moduleOf(line) ?? [])
  const modules = named.length === 0 ? announced : named
  return {
    title: 'downloads are switched off',
    cause: `GOPROXY=off forbids downloads, and the module cache lacks ${modules.length === 0 ? 'a module' : several(modules)}.`,
    mend: 'Set `goproxy` to a source of modules, or fill the module cache before by `go mod download`.',
    places: [],
  }
}

/** Passwords for http (cmd/go/internal/web/http.go). */
export const explainInsecureCredentials: Explainer = ({ text }) => {
  const host = /refusing to pass credentials to insecure URL: \w+:\/\/([^/\s]+)/.exec(text)?.[1]
  if (host === undefined) return undefined
  return {
    title: 'credentials need https',
    cause: `GOPROXY has user and password for ${host}, and Go does not send them over http.`,
    mend: `Write https:// for ${host} in \`goproxy\`, or remove user and password.`,
    places: [],
  }
}
