/** Downloads that stand still: not Go's own words, but those of go/retry.ts, which ends it. */
import { type Explainer, several } from './explanation.ts'

/** What is added to the output of a go command that was ended. */
export function stalledText(seconds: number): string {
  return `go-deps-action: go was ended, because it did nothing for ${seconds} s`
}

/** A server took the connection, and then was silent. */
export const explainStalled: Explainer = ({ text, announced, goproxy }) => {
  const seconds = /^go-deps-action: go was ended, because it did nothing for ([\d.]+) s$/m.exec(text)?.[1]
  if (seconds === undefined) return undefined
  const modules = announced.length === 0 ? '' : ` while it downloaded ${several(announced)}`
  const sources =
    goproxy === undefined || goproxy === '' ? 'the sources that `go env GOPROXY` shows' : goproxy
  return {
    title: 'the module proxy hangs',
    cause: `Go waited for ${seconds} s${modules}, and nothing arrived from ${sources}.`,
    mend: 'Run the job again. If it stays, see with `go mod download -x` which server is silent, and set `goproxy` to another one.',
    places: [],
  }
}
