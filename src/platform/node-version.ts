/** The Node that action.yml asks for (`runs.using: node24`). */
const needed = 24

/**
 * Says what is wrong when an older Node runs this action, as a runner does that takes whatever `node` its image has. What is
 * here has to load in such a Node: nothing else is imported.
 *
 * @param level `error` where the step fails for it; `notice` where it goes on
 * @returns whether this Node is too old
 */
export function isOldNode(level: 'error' | 'notice'): boolean {
  if (Number(process.versions.node.split('.')[0]) >= needed) return false
  const what = `go-deps-action needs Node ${needed}, and what runs here is Node ${process.versions.node} (${process.execPath}).`
  const fix = `Update the runner to 2.327.1 or newer; where the job's image brings the Node, as with act, Forgejo or Gitea, use an image with Node ${needed}.`
  process.stdout.write(`::${level}::${what} ${fix}\n`)
  return true
}
