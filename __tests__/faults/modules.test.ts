import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { expect } from 'vitest'
import { madeModule, sumLines } from '../golden/modules.ts'
import { goproxyThatServes } from './module-servers.ts'
import { type FaultCase, lib, testFaults } from './table.ts'

const evil = madeModule('example.com/lib', 'v1.0.0', {
  ...lib.files,
  'evil.go': 'package lib\n\nconst Evil = true\n',
})
const found = sumLines(evil).split(/\s/)[2] ?? ''
const tree = 'example.com/lib@v1.0.0'
const beside = 'cache/download/example.com/lib/@v/v1.0.0'

/** A job packs what it has done to its module cache. Each of them under a key of its own. */
function tampered(script: string): Pick<FaultCase, 'poison' | 'with'> {
  return {
    poison: `cd "$GOMODCACHE" && chmod -R u+w example.com\n${script}`,
    with: { 'cache-key': `key ${++keys}` },
  }
}
let keys = 0

const addEvil = `printf 'package lib\\n\\nconst Evil = true\\n' > ${tree}/evil.go`
const healed = {
  ...({ step: 'goes on', log: 'warning', modules: 'the wrong one downloaded' } as const),
  text: /example\.com\/lib@v1\.0\.0.*: recorded h1:\S+, found /,
}
const ignored = { step: 'goes on', log: 'nothing', modules: 'from the entry', text: /restored/ } as const
const refused = { step: 'fails', log: 'error', modules: 'none' } as const

function missing(...names: readonly string[]): Pick<FaultCase, 'after'> {
  return {
    after: ({ machine }) => {
      for (const name of names) expect(existsSync(path.join(machine.gomodcache, name)), name).toBe(false)
    },
  }
}

testFaults('An entry in which a job has changed modules', [
  { fault: 'A file more in a module', ...healed, ...tampered(addEvil) },
  {
    fault: 'A file more, and a `.ziphash` that agrees',
    ...healed,
    ...tampered(`${addEvil} && printf '${found}' > ${beside}.ziphash`),
  },
  { fault: 'A file less', ...healed, ...tampered(`rm ${tree}/lib.go`) },
  { fault: 'Another byte in a file', ...healed, ...tampered(`printf x >> ${tree}/lib.go`) },
  { fault: 'Another name of a file', ...healed, ...tampered(`mv ${tree}/lib.go ${tree}/Lib.go`) },
  {
    fault: 'Nothing left in a module but its folder',
    ...healed,
    ...tampered(`rm ${tree}/*`),
    text: /example\.com\/lib@v1\.0\.0/,
  },
  {
    fault: 'Another `go.mod` beside a module',
    ...healed,
    ...tampered(`printf 'require example.com/evil v1.0.0\\n' >> ${beside}.mod`),
  },
  {
    fault: 'Another `.ziphash`',
    ...healed,
    ...tampered(`printf '${found}' > ${beside}.ziphash`),
    text: /example\.com\/lib@v1\.0\.0/,
  },
  {
    fault: 'Another zip, with the input `cache-zips`',
    ...healed,
    ...tampered(`sed -i 's/const Text/const Other/' ${beside}.zip`),
    with: { 'cache-key': 'zips', 'cache-zips': 'true' },
    text: /example\.com\/lib@v1\.0\.0, its zip/,
  },
  {
    fault: 'A `.info` of another version',
    ...ignored,
    ...tampered(`printf '{"Version":"v9.9.9"}' > ${beside}.info`),
  },
  {
    fault: 'A repository with hooks in `cache/vcs`',
    ...ignored,
    ...tampered('mkdir -p cache/vcs/0/hooks && touch cache/vcs/0/hooks/post-checkout'),
    ...missing('cache/vcs'),
  },
  {
    fault: 'A toolchain',
    ...ignored,
    ...tampered(
      'mkdir -p golang.org/toolchain@v0.0.1-go1.99.0.linux-amd64/bin && touch golang.org/toolchain@v0.0.1-go1.99.0.linux-amd64/bin/go',
    ),
    ...missing('golang.org'),
  },
  {
    fault: 'Locks and unfinished downloads',
    ...ignored,
    modules: 'the wrong one downloaded',
    ...tampered(`touch ${beside}.lock ${beside}.partial ${beside}.zip123.tmp`),
    ...missing(`${beside}.partial`, `${beside}.zip123.tmp`),
  },
  {
    fault: 'A file more in a module, with the input `on-corrupt: fail`',
    ...refused,
    ...tampered(addEvil),
    with: { 'cache-key': 'fail', 'on-corrupt': 'fail' },
    text: /example\.com\/lib@v1\.0\.0/,
  },
  {
    fault: 'A changed module, and a module proxy that has changed it in the same way',
    ...refused,
    ...tampered(addEvil),
    ...goproxyThatServes(evil),
    text: /example\.com\/lib@v1\.0\.0/,
  },
])
