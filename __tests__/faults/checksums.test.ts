import { sumLines } from '../golden/modules.ts'
import { needed, testFaults } from './table.ts'

const refused = { step: 'fails', log: 'error', modules: 'none' } as const
const sums = needed.modules.map(sumLines).join('')
const without = (line: RegExp) => ({ files: { 'go.sum': sums.replace(line, '') } })

testFaults('Checksum files', [
  {
    fault: 'Conflict markers in go.sum',
    ...refused,
    text: /go\.sum/,
    files: { 'go.sum': `<<<<<<< HEAD\n${sums}=======\n>>>>>>> other\n` },
  },
  {
    fault: 'A malformed line in go.sum',
    ...refused,
    text: /go\.sum/,
    files: { 'go.sum': `${sums}example.com/lib v1.0.0\n` },
  },
  {
    fault: 'A wrong hash of a module in go.sum',
    ...refused,
    text: /example\.com\/lib/,
    files: { 'go.sum': sums.replace(/(lib v1\.0\.0 h1:)..../, '$1AAAA') },
  },
  {
    fault: 'A missing module line in go.sum',
    ...refused,
    text: /example\.com\/lib/,
    ...without(/^example\.com\/lib v1\.0\.0 h1.*\n/m),
  },
  {
    fault: 'A missing `go.mod` line in go.sum',
    ...refused,
    modules: 'from the entry',
    text: /example\.com\/lib/,
    ...without(/^example\.com\/lib v1\.0\.0\/go\.mod.*\n/m),
  },
  { fault: 'An empty go.sum', ...refused, text: /go mod tidy/, files: { 'go.sum': '' } },
])

/** The modules as `go mod vendor` writes them. */
const vendored = Object.fromEntries([
  [
    'vendor/modules.txt',
    needed.modules.map((one) => `# ${one.path} ${one.version}\n## explicit; go 1.21\n${one.path}\n`).join(''),
  ],
  ...needed.modules.flatMap(({ path, files }) =>
    Object.entries(files).flatMap(([name, text]) =>
      name === 'go.mod' ? [] : [[`vendor/${path}/${name}`, text] as const],
    ),
  ),
])
const found = { step: 'fails', log: 'error', modules: 'from the entry' } as const

testFaults('Committed files', [
  {
    fault: 'An untidy go.mod, with the input `check-tidy`',
    ...found,
    text: /go mod tidy/,
    with: { 'check-tidy': 'true' },
    files: { 'app.go': 'package app\n\nimport _ "example.com/lib"\n' },
  },
  {
    fault: 'An unchanged vendor directory, with the input `check-vendor`',
    ...{ ...found, step: 'goes on', log: 'nothing' },
    text: /Vendored files match go\.mod/,
    with: { 'check-vendor': 'true' },
    files: vendored,
  },
  {
    fault: 'A changed byte in a vendored file, with the input `check-vendor`',
    ...found,
    text: /vendor/,
    with: { 'check-vendor': 'true' },
    files: { ...vendored, 'vendor/example.com/lib/lib.go': 'package lib // edited\n' },
  },
  {
    fault: 'A missing vendored file, with the input `check-vendor`',
    ...found,
    text: /vendor/,
    with: { 'check-vendor': 'true' },
    files: { ...vendored, 'vendor/example.com/lib/text.go': undefined },
  },
  {
    fault: 'An extra file in vendor, with the input `check-vendor`',
    ...found,
    text: /vendor/,
    with: { 'check-vendor': 'true' },
    files: { ...vendored, 'vendor/example.com/lib/more.go': 'package lib\n' },
  },
])
