import { cpSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { filesBelow } from '../../src/platform/files.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { app, type Bed, startBed } from '../harness/bed.ts'
import { slice } from '../harness/extent.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { temporaryFolder } from '../temporary.ts'

const modules = { 'cache-build': 'false' }

/** The files of a module cache, as a proxy folder without version metadata. */
async function proxyFolder(bed: Bed): Promise<string> {
  const { places } = await runnerJob(bed, { with: { ...modules, cache: 'false' } })
  const folder = temporaryFolder()
  cpSync(path.join(places.gomodcache, 'cache', 'download'), folder, { recursive: true })
  for (const file of filesBelow(folder)) {
    if (file.endsWith('.info')) await removeTree(path.join(folder, file))
  }
  return pathToFileURL(folder).href
}

describe('a proxy without version metadata, which a build does not need,', () => {
  test.each(slice(['a server', 'a folder'], 1))('works as %s', async (kind) => {
    const bed = await startBed()
    await bed.repository(app)
    const env = kind === 'a folder' ? { GOPROXY: await proxyFolder(bed) } : {}
    bed.proxy.fail({ kind: 'info', status: 404 })
    const first = await runnerJob(bed, { with: modules, env, run: 'go build ./tiny' })
    expect(first.main.exitCode, first.main.stdout).toBe(0)
    expect(first.shell?.exitCode, first.shell?.stderr).toBe(0)
    expect(first.post.stdout).toContain('Module cache: saved')

    const asked = bed.proxy.requests.length
    const second = await runnerJob(bed, { with: modules, env, run: 'go build ./tiny' })
    expect(second.main.outputs['modules-cache']).toBe('exact')
    expect(second.main.exitCode, second.main.stdout).toBe(0)
    expect([...said(second.main, 'warning'), ...said(second.main, 'error')]).toEqual([])
    expect(bed.proxy.requests.slice(asked).filter(({ kind }) => kind === 'zip')).toEqual([])
  })
})
