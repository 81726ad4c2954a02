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
    fault: 'A line of go.sum that is none',
    ...refused,
    text: /go\.sum/,
    files: { 'go.sum': `${sums}example.com/lib v1.0.0\n` },
  },
  {
    fault: 'Another hash of a module in go.sum',
    ...refused,
    text: /example\.com\/lib/,
    files: { 'go.sum': sums.replace(/(lib v1\.0\.0 h1:)..../, '$1AAAA') },
  },
  {
    fault: 'No line of a module in go.sum',
    ...refused,
    text: /example\.com\/lib/,
    ...without(/^example\.com\/lib v1\.0\.0 h1.*\n/m),
  },
  {
    fault: 'No line of a `go.mod` in go.sum',
    ...refused,
    modules: 'from the entry',
    text: /example\.com\/lib/,
    ...without(/^example\.com\/lib v1\.0\.0\/go\.mod.*\n/m),
  },
  { fault: 'An empty go.sum', ...refused, text: /go mod tidy/, files: { 'go.sum': '' } },
])
