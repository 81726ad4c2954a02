import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { missingSecretsText } from '../../src/auth/missing-secrets.ts'
import { readInputs } from '../../src/inputs/inputs.ts'

const golden = (name: string) =>
  readFileSync(path.resolve(import.meta.dirname, `../golden/texts/${name}.txt`), 'utf8')
const inputsOf = (credentials: string) => readInputs({ INPUT_CREDENTIALS: credentials }).inputs
const [none, empty, given] = ['', 'example.com me ', 'example.com token'].map(inputsOf) as [
  ReturnType<typeof inputsOf>,
  ReturnType<typeof inputsOf>,
  ReturnType<typeof inputsOf>,
]
const fork = { fork: true, actor: 'somebody' }
const [ours, others] = ['example.com', 'github.com/acme']

test.each([
  ['git-prompts', none, ours],
  ['git-prompts', none, ''],
  ['git-prompts.go1.21', empty, ''],
  ['git-credentials', none, ours],
  ['git-403', empty, others],
  ['proxy-401', none, ''],
  ['proxy-403', empty, ''],
  ['ssh-key', none, ours],
  ['proxy-404', empty, ours],
  ['proxy-404', none, ours],
  ['proxy-404', empty, ''],
] as const)("names missing secrets first if a fork's run fails with %s (%#)", (name, inputs, patterns) => {
  expect(missingSecretsText(inputs, fork, patterns, golden(name))).toMatch(/^This run is for a fork/)
})

test.each([
  ['proxy-404', empty, others],
  ['proxy-404', none, ''],
  ['proxy-404', none, others],
  ['proxy-503', empty, ours],
  ['proxy-refused', empty, ''],
  ['denied-cache', empty, ''],
  ['sum-missing-import', empty, ours],
  ['git-prompts', given, ours],
] as const)('does not mention them with %s, where secrets change nothing (%#)', (name, inputs, patterns) => {
  expect(missingSecretsText(inputs, fork, patterns, golden(name))).toBeUndefined()
})

test('tells a Dependabot run where its secrets are, and no other run', () => {
  const text = (actor: string) =>
    missingSecretsText(none, { fork: false, actor }, ours, golden('git-prompts'))
  expect(text('dependabot[bot]')).toMatch(/^This is a Dependabot run.*as Dependabot secrets/)
  expect(text('somebody')).toBeUndefined()
})
