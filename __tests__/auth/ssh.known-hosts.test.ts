import * as path from 'node:path'
import { expect, test } from 'vitest'
import { knownHostsOf } from '../../src/auth/ssh.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

test.each([
  [
    '/home/me/.ssh/known_hosts /home/me/.ssh/known_hosts2',
    ['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2'],
  ],
  ['~/.ssh/known_hosts C:/keys/known_hosts', ['~/.ssh/known_hosts', 'C:/keys/known_hosts']],
  ['none', []],
  // A blank in the path of the home: the second half would be a file of the checkout.
  ['/c/Users/Jane Doe/.ssh/known_hosts', ['/c/Users/Jane']],
])('the files with host keys in %j', (named, files) => {
  for (const end of ['\n', '\r\n']) {
    const answer = ['user git', `userknownhostsfile ${named}`, 'port 22', ''].join(end)
    expect(knownHostsOf(answer, '')).toEqual(files)
  }
})

test('the file below the home counts, whatever blanks its path has', () => {
  const home = path.join(temporaryFolder(), 'Jane Doe')
  writeFiles(home, { '.ssh/known_hosts': '' })
  expect(knownHostsOf('userknownhostsfile none\n', home)).toEqual([path.join(home, '.ssh', 'known_hosts')])
})
