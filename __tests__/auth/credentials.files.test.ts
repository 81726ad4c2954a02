import { readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { writeCredentialFiles } from '../../src/auth/credentials.ts'
import { splitQuoted } from '../../src/gosettings/flag-values.ts'
import { readCredentials } from '../../src/inputs/credentials.ts'
import { testEnv } from '../environment.ts'
import { temporaryFolder } from '../temporary.ts'

/** The variables for some lines, with GOAUTH already set. */
function place(lines: string, goauth: string) {
  const [folder, home] = [temporaryFolder(), temporaryFolder()]
  writeFileSync(path.join(home, '.netrc'), 'machine elsewhere.example login a password b\n')
  vi.stubEnv('NETRC', '')
  vi.stubEnv('GIT_CONFIG_COUNT', '')
  onTestFinished(() => void vi.unstubAllEnvs())
  const variables = writeCredentialFiles(readCredentials(lines).credentials, {
    folder,
    home,
    env: testEnv({ GOAUTH: goauth }),
  })
  return { variables, read: (name: string) => readFileSync(path.join(folder, name), 'utf8'), folder }
}

test.each([
  ['', undefined],
  ['netrc', undefined],
  ['off', undefined],
  ['git /srv', 'netrc; git /srv'],
  ['git /srv; netrc', undefined],
])('without bearer tokens GOAUTH %j becomes %j', (before, after) => {
  expect(place('a.example token', before).variables.GOAUTH).toBe(after)
})

test.each([
  ['', 'netrc'],
  ['netrc', 'netrc'],
  ['git /srv', 'netrc; git /srv'],
  ['git /srv; netrc', 'git /srv; netrc'],
])('with a bearer token, GOAUTH %j follows a program that holds the token: %j', (before, after) => {
  const { variables, read, folder } = place('a.example bearer:secret\na.example t', before)
  const [command = '', ...others] = (variables.GOAUTH ?? '').split('; ')
  expect(splitQuoted(command)).toEqual([process.execPath, path.join(folder, 'goauth.cjs')])
  expect(others.join('; ')).toBe(after)
  expect(JSON.stringify(variables)).not.toContain('secret')
  expect(read('goauth.cjs')).toContain('Bearer secret')
  // The other of the two lines goes to git and netrc.
  expect(read('netrc')).toBe(
    'machine a.example login x-access-token password t\nmachine elsewhere.example login a password b\n',
  )
  expect(read('gitconfig').match(/\[credential /g)).toHaveLength(1)
  expect(read('answer-0')).toBe('username=x-access-token\npassword=t\n')
})
