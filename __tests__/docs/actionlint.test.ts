import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { goTool } from '../../testbed/go-tool-server.ts'
import { codeBlocks, pages } from './pages.ts'

/** Turns a block of a page into a whole workflow: pages show only the steps that matter. */
function workflowOf(block: string): string | undefined {
  if (/^jobs:/m.test(block)) return /^on:/m.test(block) ? block : `on: push\n${block}`
  if (!block.startsWith('steps:')) return undefined
  const steps = block.replaceAll(/^(?=.)/gm, '    ')
  return `name: test\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n${steps}`
}

/** The findings of actionlint for a workflow; empty if it is valid. */
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
  'actionlint accepts the workflow in $name',
  ({ workflows }) => {
    for (const workflow of workflows) expect(lint(workflow), workflow).toBe('')
  },
)

test('actionlint finds mistakes, also in steps alone', () => {
  expect(lint(workflowOf('steps:\n  - uses: actions/checkout@v6\n    wiht: 1\n') ?? '')).toContain('wiht')
})
