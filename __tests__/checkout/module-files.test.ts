import { expect, test } from 'vitest'
import { vendorDecides } from '../../src/checkout/module-files.ts'

const plain = '# example.com/a v1.0.0\n## explicit; go 1.20\nexample.com/a\n'
const workspace = `## workspace\n${plain}`

test.each([
  ['1.25', false, plain, '', true],
  ['1.14', false, plain, '', true],
  ['1.13', false, plain, '', false],
  [undefined, false, plain, '', false],
  ['1.25', true, workspace, '', true],
  ['1.25', true, workspace.replaceAll('\n', '\r\n'), '', true],
  ['1.25', true, plain, '', false],
  ['1.25', false, workspace, '', false],
  ['1.25', false, plain, '-mod=mod', false],
  ['1.25', false, plain, '-trimpath -mod=readonly', false],
  ['1.13', false, plain, '-mod=vendor', true],
  ['1.25', false, plain, '-modcacherw', true],
  ['1.25', false, plain, '-mod=vendor -mod=mod', false],
  ['1.25', false, plain, "-mod=mod '-mod=vendor'", true],
] as const)('go %s, workspace %s, %j, GOFLAGS=%s', (goLine, isWorkspace, modulesTxt, goflags, decides) => {
  expect(vendorDecides({ goLine, isWorkspace, modulesTxt, file: 'modules.txt', goflags })).toBe(decides)
})
