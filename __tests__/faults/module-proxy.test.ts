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
const nowhere = 'http://127.0.0.1:9'
/** In each case no entry holds the modules. */
let keys = 0
const unsaved = (more: Readonly<Record<string, string>> = {}) => ({
  with: { 'cache-key': `proxy ${++keys}`, ...more },
})
const once = { retries: '0' }
/** No real proxy can be made to break off a zip, so these use the proxy of the tests. */
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
    fault: 'goproxy stores other content for a module',
    ...refused,
    ...unsaved(),
    ...goproxyThatServes(evil),
    text: /downloaded h1:\S+, recorded h1:[\s\S]*GOPROXY=http:\/\/127\.0\.0\.1/,
  },
  {
    fault: 'Athens stores other content for a module',
    ...refused,
    ...unsaved(),
    ...athensThatServes(evil),
    text: /downloaded h1:\S+, recorded h1:[\s\S]*GOPROXY=http:\/\/127\.0\.0\.1/,
  },
  {
    fault: 'Athens refuses a module (403)',
    ...refused,
    ...unsaved(),
    ...athensWith({ excluded: [lib.path] }, (url) => `${url},${nowhere}`),
    text: /403 Forbidden when Go requested example\.com\/lib/,
  },
  {
    fault: 'Athens requires a password (401)',
    ...refused,
    ...unsaved(),
    ...athensWith({ password: 'robot:secret' }),
    text: /401 Unauthorized/,
  },
  {
    fault: 'Athens is offline and does not have a module (404)',
    ...refused,
    ...unsaved(),
    ...athensWith({ offline: true }),
    text: /404 Not Found/,
  },
  {
    fault: 'Athens is offline and does not have a module (404), and another proxy follows after a comma',
    ...fetched,
    ...unsaved(),
    ...athensWith({ offline: true }, (url, { machine }) => `${url},${machine.proxy.url}`),
  },
  {
    fault: 'The upstream of Athens is down',
    ...refused,
    ...unsaved(once),
    ...athensWith({ upstream: nowhere }),
    text: /example\.com\/lib@v1\.0\.0/,
  },
  {
    fault: 'Nothing listens at the proxy address',
    ...refused,
    ...unsaved(once),
    job: { env: { GOPROXY: nowhere } },
    text: /connection/,
  },
  {
    fault: 'Nothing listens at the proxy address, and a goproxy follows after a `|`',
    ...fetched,
    ...unsaved(),
    ...goproxyWith((url) => `${nowhere}|${url}`),
  },
  { fault: 'A zip download breaks off once', ...fetched, ...unsaved(), ...broken(1) },
  {
    fault: 'A zip download breaks off every time',
    ...refused,
    ...unsaved(once),
    ...broken(),
    text: /example\.com\/lib/,
  },
])
