// Every npm script starts here. It runs on Node 20, has no dependencies, sets up what a command needs (npm
// packages, Node 24, Go tools, an ssh server, the tar of macOS) and then runs the command on Node 24.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { commands } from './commands.mjs'
import { bsdTarFolder, ensureBsdTar } from './setup/bsd-tar.mjs'
import { ensureGoTools, goToolsFolder } from './setup/go-tools.mjs'
import { withMemoryFolder } from './setup/memory-folder.mjs'
import { ensureNode24 } from './setup/node24.mjs'
import { ensurePackages } from './setup/packages.mjs'
import { root, withPath, withUsableHome } from './setup/place.mjs'
import { run, SetupError } from './setup/process.mjs'
import { ensureSshServer, sshFolder } from './setup/ssh-server.mjs'
import { readTotals, showTotals } from './totals.mjs'

const [name = '', ...userArguments] = process.argv.slice(2)
const command = Object.hasOwn(commands, name) ? commands[name] : undefined
if (command === undefined) {
  process.stderr.write(`unknown command "${name}"; there are: ${Object.keys(commands).join(', ')}\n`)
  process.exitCode = 2
} else {
  try {
    process.exitCode = runSteps(command, setUp(command))
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

/**
 * @param {import('./commands.mjs').Command} wanted
 * @returns {{ node: string, environment: NodeJS.ProcessEnv }} Node 24 and the environment of the steps
 */
function setUp(wanted) {
  const environment = withUsableHome(process.env)
  ensurePackages(environment)
  if (wanted.packages) ensurePackages(environment, join(root, wanted.packages))
  const node = ensureNode24(environment)
  if (wanted.goTools) ensureGoTools(wanted.goTools, environment)
  if (wanted.sshServer) ensureSshServer(environment)
  if (wanted.bsdTar) ensureBsdTar(environment)
  const folders = [dirname(node), join(root, 'node_modules', '.bin'), goToolsFolder, sshFolder, bsdTarFolder]
  return { node, environment: withPath(environment, folders) }
}

/**
 * Runs the steps up to the first that fails.
 * @param {import('./commands.mjs').Command} wanted
 * @param {{ node: string, environment: NodeJS.ProcessEnv }} place
 * @returns {number} exit code
 */
function runSteps(wanted, { node, environment }) {
  for (const step of wanted.steps) {
    if (step.isForWholeRuns && userArguments.length > 0) continue
    // A report of an earlier run must never pass for this one's.
    if (step.report) rmSync(step.report, { force: true })
    const args = step.takesArguments ? [...step.args, ...userArguments] : step.args
    const { environment: own, remove } = step.report
      ? withMemoryFolder(environment)
      : { environment, remove() {} }
    let code = 1
    try {
      code = run(step.program ?? node, args, { ...own, ...step.environment })
    } finally {
      remove()
    }
    const totals = step.report ? readTotals([step.report]) : undefined
    if (code !== 0) process.stderr.write(`failed: ${step.does}\n`)
    if (totals) process.stdout.write(`${showTotals(totals)}\n`)
    if (code !== 0) return code
    if (totals && (totals.failed > 0 || totals.passed === 0)) return 1
  }
  return 0
}
