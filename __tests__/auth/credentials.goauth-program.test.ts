import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { goauthCommand, goauthProgram } from '../../src/auth/credentials.ts'
import { splitQuoted } from '../../src/gosettings/flag-values.ts'
import { runProcess } from '../../testbed/process.ts'
import { temporaryFolder } from '../temporary.ts'

const bearer = (host: string, where: string, password: string) => ({
  ...{ host, path: where, user: undefined, password, line: 1 },
})

test('the program prints the header of every address as Go reads it, from a path with blanks', async () => {
  const folder = temporaryFolder()
  const file = path.join(folder, 'with a blank.cjs')
  writeFileSync(
    file,
    goauthProgram([bearer('a.example:8443', '', 'to"k\\en'), bearer('b.example', 'api/go', 'other')]),
  )
  const [program = '', ...args] = splitQuoted(goauthCommand([process.execPath, file])) ?? []
  const ran = await runProcess({
    command: program,
    args: [...args, 'https://a.example:8443/x'],
    cwd: folder,
    env: {},
  })
  expect(ran.stdout).toBe(
    'https://a.example:8443\n\nAuthorization: Bearer to"k\\en\n\n' +
      'https://b.example/api/go\nhttps://b.example/api/go?go-get=1\n\nAuthorization: Bearer other\n\n',
  )
})

test.each([
  [['/opt/node', '/tmp/a.cjs'], '/opt/node /tmp/a.cjs'],
  [
    ['C:\\Program Files\\node.exe', 'D:\\a\\_temp\\x.cjs'],
    '"C:\\Program Files\\node.exe" D:\\a\\_temp\\x.cjs',
  ],
  [["/it's/node", '/a "b"/x.cjs'], `"/it's/node" '/a "b"/x.cjs'`],
])('the command of %j is %s', (words, command) => {
  expect(goauthCommand(words)).toBe(command)
})

test.each(['/a;b/x.cjs', '/a\'b"/x.cjs', '/a\nb'])(
  'reports a path with characters that GOAUTH cannot hold: %j',
  (word) => {
    expect(() => goauthCommand(['/node', word])).toThrow(RangeError)
  },
)
