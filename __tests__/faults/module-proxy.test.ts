import { madeModule } from '../golden/modules.ts'
import { athensThatServes, athensWith, goproxyThatServes, goproxyWith } from './module-servers.ts'
import { type FaultCase, lib, testFaults } from './table.ts'

const evil = madeModule('example.com/lib', 'v1.0.0', {
  ...lib.files,
  'evil.go': 'package lib\n\nconst Evil = true\n',
})
const refused = { step: 'fails', log: 'error', modules: 'none' } as const
const fetched = {
  step: 'goes on',
  log: 'nothing',
  modules: 'downloaded',
  text: /no entry was restored/,
} as const
const nobody = 'http://127.0.0.1:9'
/** Each where no entry has the modules. */
let keys = 0
const unsaved = (more: Readonly<Record<string, string>> = {}) => ({
  with: { 'cache-key': `proxy ${++keys}`, ...more },
})
const once = { retries: '0' }
/** What no real proxy can be made to do: the machine's own breaks a zip off. */
const broken = (times?: number): Pick<FaultCase, 'breaks'> => ({
  breaks: ({ machine }) => {
    machine.proxy.fail({
      kind: 'zip',
      module: lib.path,
      cutAfter: 500,
      ...(times === undefined ? {} : { times }),
    })
    return machine.proxy.fix
  },
})

testFaults('The module proxy', [
  {
    fault: 'Another content of a module in the storage of goproxy',
    ...refused,
    ...unsaved(),
    ...goproxyThatServes(evil),
    text: /downloaded was h1:\S+, recorded is h1:[\s\S]*GOPROXY=http:\/\/127\.0\.0\.1/,
  },
  {
    fault: 'Another content of a module in the storage of Athens',
    ...refused,
    ...unsaved(),
    ...athensThatServes(evil),
    text: /downloaded was h1:\S+, recorded is h1:[\s\S]*GOPROXY=http:\/\/127\.0\.0\.1/,
  },
  {
    fault: 'Athens refuses a module (403)',
    ...refused,
    ...unsaved(),
    ...athensWith({ excluded: [lib.path] }, (url) => `${url},${nobody}`),
    text: /403 Forbidden when asked for example\.com\/lib/,
  },
  {
    fault: 'Athens wants a password (401)',
    ...refused,
    ...unsaved(),
    ...athensWith({ password: 'robot:secret' }),
    text: /401 Unauthorized/,
  },
  {
    fault: 'Athens is offline and has not got a module (404)',
    ...refused,
    ...unsaved(),
    ...athensWith({ offline: true }),
    text: /404 Not Found/,
  },
  {
    fault: 'Athens is offline and has not got a module (404), and another proxy comes after a comma',
    ...fetched,
    ...unsaved(),
    ...athensWith({ offline: true }, (url, { machine }) => `${url},${machine.proxy.url}`),
  },
  {
    fault: 'What stands behind Athens is down',
    ...refused,
    ...unsaved(once),
    ...athensWith({ upstream: nobody }),
    text: /example\.com\/lib@v1\.0\.0/,
  },
  {
    fault: 'Nobody listens at its address',
    ...refused,
    ...unsaved(once),
    job: { env: { GOPROXY: nobody } },
    text: /connection/,
  },
  {
    fault: 'Nobody listens at its address, and a goproxy comes after a `|`',
    ...fetched,
    ...unsaved(),
    ...goproxyWith((url) => `${nobody}|${url}`),
  },
  { fault: 'A zip breaks off, and then comes whole', ...fetched, ...unsaved(), ...broken(1) },
  {
    fault: 'A zip breaks off each time',
    ...refused,
    ...unsaved(once),
    ...broken(),
    text: /example\.com\/lib/,
  },
])
