import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect } from 'vitest'
import { madeModule, sumLines } from '../golden/modules.ts'
import { scriptInside } from './envelope.ts'
import { goproxyThatServes } from './module-servers.ts'
import { type FaultCase, lib, testFaults } from './table.ts'

const evil = madeModule('example.com/lib', 'v1.0.0', {
  ...lib.files,
  'evil.go': 'package lib\n\nconst Evil = true\n',
})
const found = sumLines(evil).split(/\s/)[2] ?? ''
const tree = 'example.com/lib@v1.0.0'
const prefix = 'cache/download/example.com/lib/@v/v1.0.0'

/** Changes an entry, as anyone with write access to entries can. */
function forged(script: string): Pick<FaultCase, 'breaks'> {
  return { breaks: ({ service, entry }) => service.damage(entry, scriptInside(script)) }
}

/** Changes the module cache in a step of an earlier job. Each case has its own key. */
function tampered(script: string): Pick<FaultCase, 'poison' | 'with'> {
  return {
    poison: `cd "$GOMODCACHE" && chmod -R u+w example.com\n${script}`,
    with: { 'cache-key': `key ${++keys}` },
  }
}
let keys = 0

const addEvil = `printf 'package lib\\n\\nconst Evil = true\\n' > ${tree}/evil.go`
const server = goproxyThatServes(evil)
const healed = {
  ...({ step: 'goes on', log: 'warning', modules: 'the wrong one downloaded' } as const),
  text: /example\.com\/lib@v1\.0\.0.*: recorded h1:\S+, found /,
}
const ignored = { step: 'goes on', log: 'nothing', modules: 'from the entry', text: /restored/ } as const
const refused = { step: 'fails', log: 'error', modules: 'none' } as const

/** Two faults at once. */
function both(one: Pick<FaultCase, 'breaks'>, other: Pick<FaultCase, 'breaks'>): Pick<FaultCase, 'breaks'> {
  return {
    breaks: async (place, form) => {
      const ends = [await one.breaks?.(place, form), await other.breaks?.(place, form)]
      return async () => {
        for (const end of ends) await end?.()
      }
    },
  }
}

function missing(...names: readonly string[]): Pick<FaultCase, 'after'> {
  return {
    after: ({ machine }) => {
      for (const name of names) expect(existsSync(path.join(machine.gomodcache, name)), name).toBe(false)
    },
  }
}

testFaults('An entry with changed modules', [
  { fault: 'An extra file in a module', ...healed, ...forged(addEvil) },
  {
    fault: 'An extra file, and a matching `.ziphash`',
    ...healed,
    ...forged(`${addEvil} && printf '${found}' > ${prefix}.ziphash`),
  },
  { fault: 'A missing file', ...healed, ...forged(`rm ${tree}/lib.go`) },
  { fault: 'A changed byte in a file', ...healed, ...forged(`printf x >> ${tree}/lib.go`) },
  {
    fault: 'A renamed file',
    ...healed,
    ...forged(`mv ${tree}/lib.go ${tree}/other && mv ${tree}/other ${tree}/Lib.go`),
  },
  {
    fault: 'An empty module folder',
    ...healed,
    ...forged(`rm ${tree}/*`),
    text: /example\.com\/lib@v1\.0\.0/,
  },
  {
    fault: 'A changed `.mod` file',
    ...healed,
    ...forged(`printf 'require example.com/evil v1.0.0\\n' >> ${prefix}.mod`),
  },
  {
    fault: 'A wrong `.ziphash`',
    ...healed,
    ...forged(`printf '${found}' > ${prefix}.ziphash`),
    text: /example\.com\/lib@v1\.0\.0/,
  },
  {
    fault: 'A changed zip, with the input `cache-zips`',
    ...healed,
    poison: 'true',
    ...forged(`sed -i 's/const Text/const Other/' ${prefix}.zip`),
    with: { 'cache-key': 'zips', 'cache-zips': 'true' },
    text: /example\.com\/lib@v1\.0\.0, its zip/,
  },
  {
    fault: 'A `.info` of another version',
    ...ignored,
    ...forged(`printf '{"Version":"v1.0.0","version":"v9.9.9"}' > ${prefix}.info`),
    // Go asks the proxy again.
    after: ({ machine }) => {
      const info = path.join(machine.gomodcache, `${prefix}.info`)
      expect(existsSync(info) ? readFileSync(info, 'utf8') : '').not.toContain('v9.9.9')
    },
  },
  {
    fault: 'An empty folder in a module, which `//go:embed` would fail on',
    ...ignored,
    ...forged(`mkdir ${tree}/empty`),
    ...missing(`${tree}/empty`),
  },
  {
    fault: 'An extra file in a module, with the input `on-corrupt: fail`',
    ...refused,
    ...forged(addEvil),
    with: { 'on-corrupt': 'fail' },
    text: /example\.com\/lib@v1\.0\.0/,
  },
  {
    fault: 'A changed module, and a module proxy with the same change',
    ...refused,
    ...server,
    ...both(forged(addEvil), server),
    text: /example\.com\/lib@v1\.0\.0/,
  },
])

const leftOut = { ...ignored, modules: 'the wrong one downloaded' } as const
const fips = 'golang.org/fips140@v1.0.0-c2097c7c'

testFaults('A module cache that a step changed before packing', [
  { fault: 'An extra file in a module', ...leftOut, ...tampered(addEvil) },
  {
    fault: 'A named pipe in a module',
    ...leftOut,
    ...tampered(`mkfifo ${tree}/pipe`),
  },
  {
    fault: 'A module with a wrong `.ziphash`',
    ...leftOut,
    ...tampered(`printf '${found}' > ${prefix}.ziphash`),
  },
  {
    fault: 'Invalid files in the folder of the checksum database',
    ...ignored,
    ...tampered(
      'mkdir -p cache/download/sumdb/sum.example.com && touch cache/download/sumdb/sum.example.com/latest',
    ),
    ...missing('cache/download/sumdb'),
  },
  {
    fault: 'The sources of GOFIPS140, which Go does not verify',
    ...ignored,
    ...tampered(
      `d=cache/download/golang.org/fips140/@v && mkdir -p ${fips}/fips140 $d && echo package evil > ${fips}/fips140/evil.go && printf h1:x > $d/v1.0.0-c2097c7c.ziphash && touch $d/v1.0.0-c2097c7c.mod`,
    ),
    ...missing(fips, 'cache/download/golang.org'),
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
    ...tampered(`touch ${prefix}.lock ${prefix}.partial ${prefix}.zip123.tmp`),
    ...missing(`${prefix}.partial`, `${prefix}.zip123.tmp`),
  },
])
