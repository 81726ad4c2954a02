import { readDownloadBase } from '../gosettings/download-base.ts'
import { readGoauth } from '../gosettings/goauth.ts'
import { readGoflags } from '../gosettings/goflags.ts'
import { readGoproxy, redactedGoproxy } from '../gosettings/goproxy.ts'
import { readGosumdb } from '../gosettings/gosumdb.ts'
import { readGotoolchain } from '../gosettings/gotoolchain.ts'
import { readGovcs } from '../gosettings/govcs.ts'
import { readModulePatterns } from '../gosettings/module-patterns.ts'
import { type Declaration, fixFlag, flag, listSetting, setting, text } from './kinds.ts'

/** The inputs that select a Go, with the names and meanings of actions/setup-go. */
export const goVersionInputs = {
  'go-version': {
    kind: text,
    fallback: '',
    help: 'The Go version to use, as in actions/setup-go: a version, a range, `stable` or `oldstable`. It comes from the tool cache, or is downloaded and verified. Exports `GOTOOLCHAIN=local`, unless `gotoolchain` is set. Empty: the `go` on PATH.',
    fix: "Write it in quotes, such as '1.26', '1.26.1', '>=1.25 <1.27', 'stable' or 'oldstable'.",
  },
  'go-version-file': {
    kind: text,
    fallback: '',
    help: 'A file that names the Go version: `go.mod`, `go.work`, `.go-version` or `.tool-versions`, relative to the root of the checkout. `go-version` takes precedence.',
    fix: 'Name one existing file, relative to the root of the checkout.',
  },
  'check-latest': {
    kind: flag,
    fallback: 'false',
    help: 'Use the newest Go that `go-version` allows, even if the tool cache has an older one that matches.',
    fix: fixFlag,
  },
  'go-download-base-url': {
    kind: setting('an http or https address without a query', readDownloadBase, redactedGoproxy),
    fallback: '',
    help: 'The base address of Go downloads: a mirror of `https://go.dev/dl`. The variable `GO_DOWNLOAD_BASE_URL` has the same effect.',
    fix: 'Write an https:// address without a query, such as https://go.dev/dl.',
  },
} as const satisfies Readonly<Record<string, Declaration<unknown>>>

const patterns = 'module path prefixes or globs, separated by commas or line breaks, or `none`'

const fixPatterns = 'Write prefixes of module paths, such as `github.com/acme/*` or `git.example.com`.'

/** The inputs for the go command's own settings: validated, exported to later steps, and used by this action. */
export const goSettings = {
  goproxy: {
    kind: setting(
      'proxies separated by `,` or `|`, and `off` or `direct` at the end',
      readGoproxy,
      redactedGoproxy,
    ),
    fallback: '',
    help: 'GOPROXY. After a `,`, Go tries the next proxy only if the module is not found; after a `|`, on any error.',
    fix: 'Write it as in `https://proxy.example.com,direct`.',
  },
  goprivate: {
    kind: listSetting(patterns, readModulePatterns),
    fallback: '',
    help: 'GOPRIVATE: modules that Go fetches from their origin and does not look up in the checksum database. Added to the existing value; `none` replaces it.',
    fix: fixPatterns,
  },
  gonoproxy: {
    kind: listSetting(patterns, readModulePatterns),
    fallback: '',
    help: 'GONOPROXY: modules that Go fetches from their origin. Added to the existing value; `none` replaces it.',
    fix: fixPatterns,
  },
  gonosumdb: {
    kind: listSetting(patterns, readModulePatterns),
    fallback: '',
    help: 'GONOSUMDB: modules that Go does not look up in the checksum database. Added to the existing value; `none` replaces it.',
    fix: fixPatterns,
  },
  gosumdb: {
    kind: setting(
      'a checksum database as `name`, `name+key` or either followed by a blank and a URL, or `off`',
      readGosumdb,
      redactedGoproxy,
    ),
    fallback: '',
    help: 'GOSUMDB: the checksum database.',
    fix: 'Write it as in `sum.example.com+1a2b3c4d+AbCd https://proxy.example.com/sumdb`.',
  },
  goinsecure: {
    kind: listSetting(patterns, readModulePatterns),
    fallback: '',
    help: 'GOINSECURE: modules that Go may fetch from their origin without TLS. Added to the existing value; `none` replaces it.',
    fix: fixPatterns,
  },
  govcs: {
    kind: listSetting('`pattern:vcs|vcs` entries separated by commas', readGovcs),
    fallback: '',
    help: 'GOVCS: the version control systems that Go may use, by module.',
    fix: 'Write it as in `github.com:git,private:all,public:off`.',
  },
  goauth: {
    kind: setting('`off`, or commands separated by `;`', readGoauth, () => '(not shown)'),
    fallback: '',
    help: 'GOAUTH (Go 1.24 and newer): how the go command gets credentials for https.',
    fix: 'Write it as in `netrc`, `git /absolute/directory` or `/path/to/command argument`.',
  },
  gotoolchain: {
    kind: setting(
      '`local`, `auto`, `path`, or a toolchain such as `go1.26.0`, optionally followed by `+auto` or `+path`',
      readGotoolchain,
    ),
    fallback: '',
    help: 'GOTOOLCHAIN: whether the go command may switch to another Go version.',
    fix: 'Write it as in `local`, `auto` or `go1.26.0+auto`.',
  },
  goflags: {
    kind: {
      ...setting('flags separated by blanks, each beginning with `-`', readGoflags),
      allowsComments: true,
    },
    fallback: '',
    help: 'GOFLAGS: flags for every go command. Merged with GOFLAGS of the environment; for the same flag, this input wins.',
    fix: 'Write each flag as `-name` or `-name=value`; put quotes around a whole flag that holds blanks.',
  },
} as const satisfies Readonly<Record<string, Declaration<unknown>>>
