import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCheckout } from '../../src/checkout/checkout.ts'
import type { Problem } from '../../src/errors.ts'
import { problemText } from '../../src/errors.ts'
import { GoEnv } from '../../src/gocmd/go-env.ts'
import { readInputs } from '../../src/inputs/inputs.ts'
import { planGoRequirements } from '../../src/validate/go-version.ts'
import { goflagsProblems, overlayProblems } from '../../src/validate/goflags.ts'
import { strayVendorProblems } from '../../src/validate/roots.ts'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { goCommand, runGo } from '../gofiles/go-command.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const { inputs } = readInputs({})
const dependency = {
  'dep/go.mod': 'module example.com/dep\n\ngo 1.21\n',
  'dep/dep.go': 'package dep\n\nfunc F() {}\n',
}
const uses = (name: string, dep: string) => ({
  [`${name}/go.mod`]: `module example.com/${path.basename(name)}\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n\nreplace example.com/dep => ${dep}\n`,
  [`${name}/m.go`]: 'package m\n\nimport "example.com/dep"\n\nfunc G() { dep.F() }\n',
})
const modulesTxt =
  '# example.com/dep v1.0.0 => ../dep\n## explicit; go 1.21\nexample.com/dep\n# example.com/dep => ../dep\n'

/** Checkouts by name: their files, and the packages to build. */
const checkouts: Readonly<Record<string, readonly [files: Record<string, string>, packages: string]>> = {
  'a module': [{ ...dependency, ...uses('m', '../dep') }, './...'],
  'a module without dependencies': [
    { 'm/go.mod': 'module example.com/m\n', 'm/m.go': 'package m\n' },
    './...',
  ],
  'a vendored module': [
    {
      ...dependency,
      ...uses('m', '../dep'),
      'm/vendor/modules.txt': modulesTxt,
      'm/vendor/example.com/dep/dep.go': 'package dep\n\nfunc F() {}\n',
    },
    './...',
  ],
  'a vendor directory without modules.txt': [
    { ...dependency, ...uses('m', '../dep'), 'm/vendor/x/x.go': 'package x\n' },
    './...',
  ],
  'a workspace': [
    {
      ...dependency,
      ...uses('m/a', '../../dep'),
      'm/go.work': 'go 1.21\n\nuse ./a\n',
      'm/a/vendor/modules.txt': modulesTxt,
    },
    './a/...',
  ],
  'a workspace without dependencies': [
    {
      'm/a/go.mod': 'module example.com/a\n',
      'm/a/a.go': 'package a\n',
      'm/go.work': 'go 1.21\n\nuse ./a\n',
    },
    './a/...',
  ],
}
const flags = [
  '',
  '-mod=mod',
  '-mod=vendor',
  '-mod=readonly',
  '-mod=',
  '-mod=vendor -mod=mod',
  '-modfile=other.mod',
  '-modfile=',
  '-modfile=absent.mod',
  '-modfile=go.txt',
  '-overlay=absent.json',
  '-overlay=broken.json',
  '-overlay=good.json',
  '-modcacherw -trimpath',
  '-mod=vendor -modcacherw=maybe',
]

/** The problems of the action, and whether real Go builds there. */
async function compared(
  name: string,
  goflags: string,
  go: ReturnType<typeof goCommand>,
): Promise<readonly [ours: readonly string[], theirs: string]> {
  const workspace = temporaryFolder()
  const [files, packages] = checkouts[name] ?? [{}, '']
  const directory = path.join(workspace, 'm')
  mkdirSync(directory)
  writeFiles(workspace, files)
  writeFiles(directory, {
    'go.txt': '',
    'broken.json': '{',
    'good.json': '{"Replace": {}}',
    'other.mod': files['m/go.mod'] ?? 'module x\n',
  })
  const chosen = { ...inputs, 'working-directory': 'm' }
  const checkout = await readCheckout(chosen, workspace, new GoEnv({}), goflags)
  const { version } = go
  const facts = {
    inputs: chosen,
    roots: checkout.roots,
    go: { env: { GOVERSION: version, GOFLAGS: goflags }, compiler: '', toolchainSetting: 'local' },
  }
  const ours: readonly Problem[] = [
    ...checkout.problems,
    ...goflagsProblems({ goflags, roots: checkout.roots }),
    ...overlayProblems(checkout.roots, goflags),
    ...strayVendorProblems(checkout.roots, goflags),
    ...planGoRequirements(facts).problems,
  ]
  const ran = runGo(['list', '-deps', packages], { cwd: directory, env: { GOFLAGS: goflags }, ...go })
  return [[...new Set(ours.map(problemText))], ran.status === 0 ? '' : ran.stderr]
}

const combinations = Object.keys(checkouts).flatMap((name) =>
  flags.map((goflags) => [name, goflags] as const),
)

describe.each([
  { go: 'the newest Go', command: async () => 'go' },
  { go: 'the oldest Go', command: async () => path.join(await goRoot(oldestGo), 'bin', 'go') },
])('GOFLAGS and $go', ({ command }) => {
  test('the action rejects them exactly if real Go does', async () => {
    const go = goCommand(await command())
    const { GO_DEPS_FULL } = process.env
    const isOldest = go.version === `go${oldestGo}`
    const wrong: unknown[] = []
    for (const [index, [name, goflags]] of combinations.entries()) {
      // The oldest Go differs from the newest in a workspace.
      if (isOldest && GO_DEPS_FULL === undefined && !name.includes('workspace') && index % 4 > 0) continue
      const [ours, theirs] = await compared(name, goflags, go)
      if (ours.length > 0 !== (theirs !== '')) wrong.push({ name, goflags, ours, theirs })
    }
    expect(wrong).toEqual([])
  })
})

describe('GOFLAGS problems', () => {
  const newest = { command: 'go', version: 'go1.26.0' }
  test.each([
    ['a workspace', '-mod=mod', /^GOFLAGS holds -mod=mod, .* \(go\.work in m\).*GOWORK=off/],
    ['a module', '-mod=vendor', /-mod=vendor, but m has no vendor directory/],
    [
      'a module',
      '-modfile=absent.mod',
      /^GOFLAGS holds -modfile=absent\.mod, but that file does not exist in m/,
    ],
    ['a module', '-modfile=go.txt', /does not end in \.mod/],
    ['a module', '-overlay=broken.json', /that file is not JSON/],
    ['a workspace', '-modfile=other.mod', /-modfile, and the go command refuses it in a workspace/],
    [
      'a module',
      '-trimpath=yes',
      /^GOFLAGS makes every go command fail: element 1 \("-trimpath=…"\) must be/,
    ],
    ['a module', '-trimpaht', /is not a flag of any go command: did you mean `-trimpath`\?/],
    ['a module', '-race -msan', /-race and -msan, which exclude each other/],
  ])('in %s, %s is one message', async (name, goflags, sentence) => {
    const [ours] = await compared(name, goflags, newest)
    expect(ours).toEqual([expect.stringMatching(sentence)])
  })
})

test('rejects -race without cgo, as Go does', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, { 'go.mod': 'module example.com/m\n\ngo 1.21\n', 'm.go': 'package m\n' })
  const checkout = await readCheckout(inputs, folder, new GoEnv({}), '')
  for (const [goflags, cgo] of [
    ['-race', '0'],
    ['-race=false', '0'],
    ['-race -race=0', '0'],
    ['-asan=1', '0'],
    ['-v', '0'],
  ] as const) {
    const go = {
      env: { GOVERSION: 'go1.26.0', GOFLAGS: goflags, CGO_ENABLED: cgo, GOOS: 'linux' },
      compiler: '',
      toolchainSetting: 'local',
    }
    const { problems } = planGoRequirements({ inputs, roots: checkout.roots, go })
    const ran = runGo(['list', '.'], { cwd: folder, env: { GOFLAGS: goflags, CGO_ENABLED: cgo } })
    expect([goflags, problems.length > 0]).toEqual([goflags, ran.status !== 0])
  }
})

test.each(['/nowhere/go.work', 'go.work', 'On'])('rejects GOWORK=%s, as Go does', async (gowork) => {
  const folder = temporaryFolder()
  writeFiles(folder, { 'go.mod': 'module example.com/m\n' })
  const { problems } = await readCheckout(inputs, folder, new GoEnv({ GOWORK: gowork }), '')
  expect(problems.map(problemText)).toEqual([expect.stringContaining(`GOWORK is "${gowork}"`)])
  expect(runGo(['list', '-m'], { cwd: folder, env: { GOWORK: gowork } }).status).not.toBe(0)
})
