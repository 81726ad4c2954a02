import { describe, expect, test } from 'vitest'
import { explainGo } from '../../../src/gocmd/explain/explain.ts'
import { vendorDrift } from '../../../src/gocmd/explain/vendor.ts'

/** The message of checkVendorConsistency in cmd/go/internal/modload/vendor.go, with the given lines. */
function inconsistent(lines: readonly string[], command = 'go mod vendor'): string {
  return [
    'go: inconsistent vendoring in /home/runner/work/app:',
    ...lines.map((line) => `\t${line}`),
    '',
    '\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.',
    '\tTo sync the vendor directory, run:',
    `\t\t${command}`,
    '',
  ].join('\n')
}

describe('differences', () => {
  test.each([
    [
      'example.com/a@v1.1.0: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt',
      { module: 'example.com/a', version: 'v1.1.0', reason: 'only-required' },
    ],
    [
      'example.com/a@v1.1.0: is explicitly required in go.mod, but vendor/modules.txt indicates example.com/a@v1.0.0',
      { module: 'example.com/a', version: 'v1.1.0', reason: 'other-version', vendored: 'v1.0.0' },
    ],
    [
      'example.com/a@v1.1.0: is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod',
      { module: 'example.com/a', version: 'v1.1.0', reason: 'only-vendored' },
    ],
    [
      'example.com/a@v1.1.0: is marked as explicit in vendor/modules.txt, but not explicitly required in a go.mod',
      { module: 'example.com/a', version: 'v1.1.0', reason: 'only-vendored' },
    ],
    [
      'example.com/a: is replaced in b/go.mod, but not marked as replaced in vendor/modules.txt',
      { module: 'example.com/a', version: undefined, reason: 'only-replaced' },
    ],
    [
      'example.com/a@v1.1.0: is replaced by ./my lib in go.mod, but marked as replaced by ./your lib in vendor/modules.txt',
      { module: 'example.com/a', version: 'v1.1.0', reason: 'replaced-otherwise', vendored: './your lib' },
    ],
    [
      'example.com/a@v1.1.0: is marked as replaced by example.com/b@v1.0.0 in vendor/modules.txt, but replaced by ./a in go.mod',
      {
        module: 'example.com/a',
        version: 'v1.1.0',
        reason: 'replaced-otherwise',
        vendored: 'example.com/b@v1.0.0',
      },
    ],
    [
      'example.com/a@v1.1.0: is marked as replaced in vendor/modules.txt, but not replaced in the workspace',
      { module: 'example.com/a', version: 'v1.1.0', reason: 'only-vendored-replacement' },
    ],
  ])('%s', (line, drift) => {
    expect(vendorDrift(inconsistent([line]))).toEqual([drift])
  })

  test('are listed in the order of Go, each once, also with Windows line endings', () => {
    const lines = [
      'example.com/b: is replaced by ./b in go.mod, but marked as replaced by ./c in vendor/modules.txt',
      'example.com/a@v1.0.0: is marked as replaced in vendor/modules.txt, but not replaced in go.mod',
      'example.com/b: is marked as replaced by ./c in vendor/modules.txt, but replaced by ./b in go.mod',
    ]
    const drifts = vendorDrift(inconsistent(lines).replaceAll('\n', '\r\n'))
    expect(drifts.map(({ module }) => module)).toEqual(['example.com/b', 'example.com/a'])
  })

  test('are not found in other messages', () => {
    expect(vendorDrift('go: updates to go.mod needed; to update it:\n\tgo mod tidy\n')).toEqual([])
  })

  test('of an unknown kind still report an outdated vendor directory', () => {
    const output = inconsistent(['example.com/a@v1.0.0: is something that a newer Go says'])
    expect(vendorDrift(output)).toEqual([])
    expect(explainGo(output)).toEqual({
      title: 'vendor does not agree with go.mod',
      cause: 'vendor/modules.txt and go.mod differ.',
      fix: 'Run `go mod vendor` and commit the vendor directory.',
      places: [],
    })
  })
})
