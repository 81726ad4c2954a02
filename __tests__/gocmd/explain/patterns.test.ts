import { expect, test } from 'vitest'
import { lacksFile, lacksVersion } from '../../../src/gocmd/explain/patterns.ts'

const reading = 'example.com/a@v1.0.0: reading file:///C:/proxy/example.com/a/@v/v1.0.0.info:'
const file = 'open C:\\proxy\\example.com\\a\\@v\\v1.0.0.info'

// Windows has one text for a missing file, and another one for a missing folder on the way to it (errors 2 and 3).
test.each([
  [`${reading} no such file or directory`, true],
  [`${reading} The system cannot find the file specified.`, true],
  [`${reading} The system cannot find the path specified.`, true],
  [
    'example.com/a@v1.0.0: reading https://proxy.example.com/example.com/a/@v/v1.0.0.info: 404 Not Found',
    true,
  ],
  [
    'example.com/a@v1.0.0: reading https://proxy.example.com/example.com/a/@v/v1.0.0.info: 403 Forbidden',
    false,
  ],
  [`${reading} Access is denied.`, false],
])('a file and a version are missing: %j', (output, isMissing) => {
  expect([lacksFile(output), lacksVersion(output)]).toEqual([isMissing, isMissing])
})

test('a file is missing also if the error names it as Windows does', () => {
  expect(lacksFile(`${file}: The system cannot find the path specified.`)).toBe(true)
})
