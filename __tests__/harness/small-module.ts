import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { app } from './bed.ts'

/**
 * A module that depends on one that is compiled in an instant, with a test.
 *
 * @param folder where it is, ending with `/`; empty for the root
 * @param goLine the version in its go.mod
 */
export function smallModule(folder: string, goLine: string): Record<string, string> {
  const name = `example.com/${folder.replace(/\/$/, '') || 'small'}`
  const sums = readFileSync(path.join(app, 'go.sum'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('/mousetrap '))
  return {
    [`${folder}go.mod`]: `module ${name}\n\ngo ${goLine}\n\nrequire github.com/inconshreveable/mousetrap v1.1.0\n`,
    [`${folder}go.sum`]: `${sums.join('\n')}\n`,
    [`${folder}small.go`]:
      'package small\n\nimport "github.com/inconshreveable/mousetrap"\n\nvar Clicked = mousetrap.StartedByExplorer()\n',
    [`${folder}small_test.go`]:
      'package small\n\nimport "testing"\n\nfunc TestClicked(t *testing.T) {\n\tif Clicked {\n\t\tt.Fatal("clicked")\n\t}\n}\n',
  }
}
