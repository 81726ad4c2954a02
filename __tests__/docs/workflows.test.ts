import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { below, root } from './pages.ts'

const read = (name: string) => readFileSync(path.join(root, name), 'utf8')
const workflows = below('.github/workflows', '.yml').map((name) => ({ name, text: read(name) }))

interface Job {
  readonly permissions?: unknown
  readonly uses?: string
  readonly 'timeout-minutes'?: number
}

describe('the workflows of this repository', () => {
  test.each(workflows)('$name grants nothing by default, and each job its needs', ({ text }) => {
    const { permissions, jobs } = parse(text) as { permissions: unknown; jobs: Record<string, Job> }
    expect(permissions).toEqual({})
    for (const [name, job] of Object.entries(jobs)) {
      expect(job.permissions, name).toBeDefined()
      if (job.uses === undefined) expect(job['timeout-minutes'], name).toBeTypeOf('number')
    }
  })

  test.each(workflows)('$name pins every action by commit, and names the version', ({ text }) => {
    const used = [...text.matchAll(/uses: (.+)$/gm)].map(([, one = '']) => one)
    expect(used.filter((one) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$|^\.\//.test(one))).toEqual([])
  })

  test.each(workflows)('$name leaves no token in the checkout', ({ text }) => {
    const checkouts = text.match(/uses: actions\/checkout@/g)?.length ?? 0
    expect(text.match(/persist-credentials: false/g)?.length ?? 0).toBe(checkouts)
  })

  test('releases are built without any cache', () => {
    const text = read('.github/workflows/release.yml')
    expect(text).not.toMatch(/uses: (?:\.\/|actions\/cache)/)
    expect(text).toContain('package-manager-cache: false')
    expect(text).toContain('cache: false')
  })
})
