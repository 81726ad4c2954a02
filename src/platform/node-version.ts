/** The major version of Node that action.yml requires (`runs.using: node24`). */
const needed = 24

/**
 * Reports a problem when an older Node runs this action. Some runners use whatever `node` their image has. This module
 * must load in such a Node, so it imports nothing.
 *
 * @param level `error` when the step fails; `notice` when it continues
 * @returns whether this Node is too old
 */
export function isOldNode(level: 'error' | 'notice'): boolean {
  if (Number(process.versions.node.split('.')[0]) >= needed) return false
  const what = `go-deps-action needs Node ${needed}, but this runner uses Node ${process.versions.node} (${process.execPath}).`
  const fix = `Update the runner to 2.327.1 or newer. If the job's image provides Node, as with act, Forgejo or Gitea, use an image with Node ${needed}.`
  process.stdout.write(`::${level}::${what} ${fix}\n`)
  return true
}
