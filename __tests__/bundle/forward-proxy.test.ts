import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CacheService, startCacheService } from '../../testbed/cache-service/service.ts'
import { type ForwardProxy, startForwardProxy } from '../../testbed/forward-proxy.ts'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { startGitServer } from '../../testbed/git-server.ts'
import { type GoDownloads, startGoDownloads } from '../../testbed/go-downloads.ts'
import { oldestGo } from '../../testbed/go-toolchains.ts'
import { startGoproxy } from '../../testbed/goproxy.ts'
import { type LockedProxy, startLockedProxy } from '../../testbed/locked-proxy.ts'
import { madeModule, publish } from '../golden/modules.ts'
import { type Certificate, makeCertificate } from '../golden/self-signed.ts'
import { type Bed, startBed } from '../harness/bed.ts'
import { leaks, secretForms } from '../harness/leaks.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { writeFiles } from '../temporary.ts'
import { smallRepository } from './whole-job.ts'

// A network in which only a forward proxy resolves names, and the proxy requires a password.
const lib = madeModule('example.com/lib', 'v1.0.0')
// Go derives the repository address from such a path without a request.
const repository = madeModule('git.corp.test/team/lib.git', 'v1.0.0')
const [reader, robot] = ['reader:ProxySecret1234567890', 'robot:ModulesSecret1234567890']
const forms = [reader, robot].flatMap((one) => {
  const [user = '', password = ''] = one.split(':')
  return secretForms(password, [user])
})
const blobHost = 'account.blob.core.windows.net'

let bed: Bed
let certificate: Certificate
let cache: CacheService
let downloads: GoDownloads
let modules: LockedProxy
let proxy: ForwardProxy
const ends: (() => Promise<void>)[] = []
/** On other systems the go command trusts the system's certificates only, not those that a job adds. */
const trustsAdded = process.platform === 'linux'

describe.runIf(trustsAdded)('a network behind a forward proxy', () => {
  beforeAll(async () => {
    bed = await startBed({ whenOver: (end) => void ends.push(end) })
    const upstream = path.join(bed.folder, 'upstream')
    publish(upstream, lib)
    certificate = await makeCertificate(bed.folder, '127.0.0.1,modules.corp.test,git.corp.test')
    const goproxy = await startGoproxy({ folder: path.join(bed.folder, 'goproxy'), upstream })
    modules = await startLockedProxy({ ...certificate, target: goproxy.url, password: robot })
    const [source, served] = [path.join(bed.folder, 'source'), path.join(bed.folder, 'repositories')]
    writeFiles(source, repository.files)
    mkdirSync(path.join(served, 'team'), { recursive: true })
    await createRepository(source, path.join(served, 'team/lib.git'))
    await git(path.join(served, 'team/lib.git'), 'tag', 'v1.0.0')
    const gits = await startGitServer({ ...certificate, folder: served, passwords: { team: robot } })
    downloads = await startGoDownloads({ releases: [`go${oldestGo}`] })
    cache = await startCacheService({ blobHost })
    ends.push(goproxy.stop, modules.stop, gits.stop, downloads.stop, () => cache.stop())
    const routes = {
      'modules.corp.test': `https://${modules.host}`,
      'git.corp.test': `https://${gits.host}`,
      'go.corp.test': downloads.url,
      'cache.corp.test': cache.url,
      [blobHost]: cache.url,
    }
    proxy = await startForwardProxy(routes, { password: reader })
    ends.push(() => proxy.stop())
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })
  beforeEach(() => cache.clear())

  /** Runs a job in that network; `through` is how it reaches the proxy. */
  async function job(
    through: string,
    needed: readonly (typeof lib)[],
    more: {
      readonly with?: Readonly<Record<string, string>>
      readonly env?: Readonly<Record<string, string>>
      readonly cacheUrl?: string
    } = {},
  ) {
    await bed.repository(undefined, smallRepository('app', needed))
    const before = proxy.requests.length
    const { cacheUrl = 'http://cache.corp.test/' } = more
    const { main, post, places } = await runnerJob(bed, {
      with: {
        goproxy: 'https://modules.corp.test',
        goprivate: 'git.corp.test',
        gonosumdb: 'git.corp.test,example.com',
        credentials: `modules.corp.test ${robot.replace(':', ' ')}\ngit.corp.test ${robot.replace(':', ' ')}`,
        'ca-certificate': certificate.file,
        'cache-build': 'false',
        retries: '0',
        ...more.with,
      },
      env: {
        HTTP_PROXY: through,
        HTTPS_PROXY: through,
        NO_PROXY: '',
        RUNNER_DEBUG: '1',
        http_proxy: through,
        https_proxy: through,
        no_proxy: '',
        ...more.env,
      },
      cache: { ...cache.environment(), ACTIONS_RESULTS_URL: cacheUrl },
    })
    expect(leaks(forms, [main.stdout, post.stdout], [places.temp, places.home, places.workspace])).toEqual([])
    return { main, post, asked: proxy.requests.slice(before) }
  }
  const withPassword = () => proxy.url.replace('//', `//${reader}@`)

  test('the go command, git, the download of Go and the cache client use the proxy', async () => {
    const { main, post, asked } = await job(withPassword(), [lib, repository], {
      with: { 'go-version': oldestGo, 'go-download-base-url': 'http://go.corp.test/dl' },
    })
    expect(main.exitCode, main.log).toBe(0)
    expect(main.stdout).toContain('2 downloaded')
    expect(post.stdout).toContain('Module cache: saved')
    // A tunnel has a host and a port.
    const hosts = asked.map(({ address }) => address.replace(/^http:\/\//, '').replace(/[:/].*/, ''))
    expect([...new Set(hosts)].sort()).toEqual([
      blobHost,
      'cache.corp.test',
      'git.corp.test',
      'go.corp.test',
      'modules.corp.test',
    ])
    // git sends its first request without the password that it has.
    const refused = asked.filter(({ status }) => status >= 400)
    expect(new Set(refused.map(({ address, status }) => `${status} ${address}`))).toEqual(
      new Set(['407 git.corp.test:443']),
    )
  })

  test('hosts in NO_PROXY are reached directly', async () => {
    const direct = { NO_PROXY: '127.0.0.1,.corp.test', no_proxy: '127.0.0.1,.corp.test' }
    const near = await job(withPassword(), [lib], {
      with: {
        goproxy: modules.url,
        credentials: `${modules.host} ${robot.replace(':', ' ')}`,
        'go-version': oldestGo,
        'go-download-base-url': downloads.url,
      },
      env: direct,
      cacheUrl: cache.url,
    })
    expect(near.main.exitCode, near.main.log).toBe(0)
    // The host that stores entries is not in the list.
    expect(near.asked.filter(({ address }) => !address.includes(blobHost))).toEqual([])

    const far = await job(withPassword(), [lib], { env: direct })
    expect(far.main.exitCode).toBe(1)
    expect(said(far.main, 'error').join()).toContain('modules.corp.test')
    expect(far.asked).toEqual([])
  })

  test('a proxy that refuses connections disables the cache, and a download fails with its answer', async () => {
    const { main, post, asked } = await job(proxy.url, [lib])
    expect(main.exitCode).toBe(1)
    const error = said(main, 'error').join()
    expect(error).toContain('modules.corp.test')
    expect(error).toContain('Proxy Authentication Required')
    expect(said(main, 'warning').join()).toContain('The cache did not work')
    expect(post.exitCode).toBe(0)
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([407]))
  })
})
