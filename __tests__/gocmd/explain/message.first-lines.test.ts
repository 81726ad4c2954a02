import { expect, test } from 'vitest'
import { firstLines } from '../../../src/gocmd/explain/message.ts'

test('skips progress and blank lines in the output of Go', () => {
  const output = [
    'go: downloading example.com/lib v1.0.0',
    'go: downloading go1.99.0 (linux/amd64)',
    'go: finding module for package example.com/other',
    'go: found example.com/other in example.com/other v1.0.0',
    'verifying example.com/lib@v1.0.0: checksum mismatch',
    '\tdownloaded: h1:a=',
    '',
    'SECURITY ERROR',
    'and more',
    '',
  ]
  const expected = 'verifying example.com/lib@v1.0.0: checksum mismatch\n\tdownloaded: h1:a=\nSECURITY ERROR'
  expect(firstLines(output.join('\n'), 3)).toBe(expected)
  expect(firstLines(output.join('\r\n'), 3)).toBe(expected)
})

test('keeps an error that begins like progress', () => {
  const error = 'go: downloading example.com/lib v1.0.0: no space left on device'
  expect(firstLines(error, 1)).toBe(error)
})

test.each([
  [
    'reading https://somebody:secret@proxy.example.com/mod/@v/list: 401',
    'reading https://proxy.example.com/mod/@v/list: 401',
  ],
  ["for 'https://secret@git.example.com': terminal", "for 'https://git.example.com': terminal"],
  [
    'Get "https://somebody:se/cret@proxy.example.com/mod/@v/list"',
    'Get "https://proxy.example.com/mod/@v/list"',
  ],
  ['https://somebody:se@cret@proxy.example.com/mod', 'https://proxy.example.com/mod'],
  // An @ that does not follow a password.
  ['http://proxy.example.com:8080/mod/@v/v1.0.0.zip', 'http://proxy.example.com:8080/mod/@v/v1.0.0.zip'],
  ['http://[::1]:8080/mod/@v/v1.0.0.zip', 'http://[::1]:8080/mod/@v/v1.0.0.zip'],
  ['git@git.example.com: Permission denied', 'git@git.example.com: Permission denied'],
])('prints %s without user and password', (line, shown) => {
  expect(firstLines(line, 1)).toBe(shown)
})
