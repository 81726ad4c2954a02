import { parseGoMod } from '../../src/gofiles/go-mod.ts'
import { parseGoSum } from '../../src/gofiles/go-sum.ts'
import type { Root } from '../../src/gofiles/roots.ts'

/** A hash of a tree or go.mod file. */
export const hash = (letter: string) => `h1:${letter.repeat(43)}=`
export const goMod = 'module example.com/app\n\ngo 1.25\n\nrequire example.com/a v1.0.0\n'
export const goSum = `example.com/a v1.0.0 ${hash('A')}\nexample.com/a v1.0.0/go.mod ${hash('B')}\n`

/** The root of a small module, as the detection of the checkout returns it. */
export function root(given: { goMod?: string; goSum?: string; vendored?: boolean } = {}): Root {
  const directory = '/checkout/app'
  const module = {
    directory,
    goModFile: `${directory}/go.mod`,
    goSumFile: `${directory}/go.sum`,
    goMod: parseGoMod(given.goMod ?? goMod, 'go.mod'),
    goLine: 3,
    goSum: parseGoSum(given.goSum ?? goSum, 'go.sum'),
  }
  return {
    directory,
    label: '.',
    modules: [module],
    goWorkSum: { trees: [], goMods: [] },
    vendored: given.vendored ?? false,
    files: [],
  }
}
