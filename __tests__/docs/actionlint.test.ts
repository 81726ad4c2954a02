import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { goTool } from '../../testbed/go-tool-server.ts'
import { codeBlocks, pages } from './pages.ts'

/** A whole workflow from a block of a page: pages show the steps alone where the rest is as ever. */
function workflowOf(block: string): string | undefined {
  if (/^jobs:/m.test(block)) return /^on:/m.test(block) ? block : `on: push\n${block}`
  if (!block.startsWith('steps:')) return undefined
  const steps = block.replaceAll(/^(?=.)/gm, '    ')
  return `name: test\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n${steps}`
}

/** What actionlint says of a workflow; empty when it is right. */
function lint(workflow: string): string {
  const args = ['-shellcheck=', '-pyflakes=', '-no-color', '-']
  const { stdout, stderr } = spawnSync(goTool('actionlint'), args, { input: workflow, encoding: 'utf8' })
  return stdout + stderr
}

const shown = pages().map((page) => ({
  name: page.name,
  workflows: codeBlocks(page, 'yaml').flatMap((block) => workflowOf(block) ?? []),
}))

test.each(shown.filter(({ workflows }) => workflows.length > 0))(
  'actionlint takes what $name shows',
  ({ workflows }) => {
    for (const workflow of workflows) expect(lint(workflow), workflow).toBe('')
  },
)

test('it notices mistakes, also in steps alone', () => {
  expect(lint(workflowOf('steps:\n  - uses: actions/checkout@v6\n    wiht: 1\n') ?? '')).toContain('wiht')
})
