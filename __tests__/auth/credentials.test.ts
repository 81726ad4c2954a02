import { expect, test } from 'vitest'
import { credentialProblems } from '../../src/auth/credentials.ts'
import { problemText } from '../../src/errors.ts'
import { readCredentials } from '../../src/inputs/credentials.ts'

const noKeys = { keys: [], linesWithoutSecret: [], faults: [] }
const problems = (text: string, goauth: string, fork = false) =>
  credentialProblems(
    { credentials: readCredentials(text), 'credentials-required': false, 'ssh-private-key': noKeys },
    { fork },
    goauth,
  ).map(problemText)

test('bearer tokens contradict GOAUTH=off, and the error names the line', () => {
  expect(problems('a.example t\nb.example bearer:secret\nc.example bearer:secret', 'off')).toEqual([
    'Input `credentials` has a bearer token in lines 2, 3, but GOAUTH is off, so the go command does not send it. Remove GOAUTH=off, or remove these lines.',
  ])
  expect(problems('a.example t', 'off')).toEqual([])
  expect(problems('a.example bearer:secret', 'netrc')).toEqual([])
})

test('rejects an empty bearer token, except for forks', () => {
  expect(problems('a.example bearer:', '')).toEqual([expect.stringContaining('has no secret in line 1')])
  expect(problems('a.example bearer:', 'off', true)).toEqual([])
})
