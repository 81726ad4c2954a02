import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import { SetupError } from '../process.mjs'
import { wine } from './drives.mjs'
import { prefix } from './place.mjs'

/** Every process below the emulated Windows inherits it, also one that leaves its process group, as Wine makes them do. */
const runVariable = 'GO_DEPS_RUN'

const second = 1000

/** Wine's own processes, which serve other runs too. */
const ofWine = /^C:\\windows\\system32\\|wineserver/i

/** What some programs print when the server is gone (dlls/ntdll/unix/server.c); others hang without a word. */
const crash = 'wineserver crashed'

/** Milliseconds between two looks whether Wine's server is there. */
const pause = 5 * second

/**
 * Runs a program of the emulated Windows with its output going to ours. A program that crashes there may leave its parent
 * waiting for ever, so a long silence ends the run with all its processes. So does a crash of the server that holds all
 * handles and processes of Wine.
 * @param {readonly string[]} command
 * @param {{ cwd: string, environment: NodeJS.ProcessEnv, silence: number }} options silence: milliseconds without output
 * @returns {Promise<number | 'crashed'>} the exit code; `crashed` if Wine's server crashed
 * @throws {SetupError} when nothing is printed for so long
 */
export async function runWatched(command, { cwd, environment, silence }) {
  const id = randomUUID()
  const env = { ...environment, [runVariable]: id, KEEP: `${environment.KEEP ?? ''} ${runVariable}` }
  const child = spawn(wine, command, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const endAll = () => killRun(id)
  const interrupt = () => {
    endAll()
    process.exit(1)
  }
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, interrupt)
  let isSilent = false
  let hasCrashed = false
  const timer = setTimeout(() => {
    isSilent = true
    endAll()
  }, silence)
  for (const [from, to] of /** @type {const} */ ([
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]))
    from.on('data', (data) => {
      to.write(data)
      timer.refresh()
      if (!String(data).includes(crash)) return
      hasCrashed = true
      endAll()
    })
  // Two looks in a row, because it starts with the first program and ends with the last.
  let absences = 0
  const watch = setInterval(() => {
    absences = isServerRunning() ? 0 : absences + 1
    if (absences < 2) return
    hasCrashed = true
    endAll()
  }, pause)
  const closed = once(child, 'close')
  try {
    const [code] = await once(child, 'exit')
    // Wine's own processes may hold the pipes for longer.
    await Promise.race([closed, after(second)])
    for (const stream of [child.stdout, child.stderr]) stream.destroy()
    if (isSilent) throw new SetupError(`nothing was printed for ${silence / 60_000} minutes`)
    return hasCrashed ? 'crashed' : (code ?? 1)
  } finally {
    clearTimeout(timer)
    clearInterval(watch)
    endAll()
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.off(signal, interrupt)
  }
}

/** Whether the server of this Wine is running. */
function isServerRunning() {
  const place = `\0WINEPREFIX=${realpathSync(prefix)}\0`
  return processes().some(
    ({ command, variables }) => command.includes('wineserver') && variables.includes(place),
  )
}

/** @param {string} id */
function killRun(id) {
  const variable = `\0${runVariable}=${id}\0`
  for (const { pid, command, variables } of processes()) {
    if (!variables.includes(variable) || ofWine.test(command)) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Every process with its command and its variables, each variable between two NULs. */
function processes() {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const read = (/** @type {string} */ file) => readFileSync(`/proc/${name}/${file}`, 'latin1')
      return [{ pid: Number(name), command: read('cmdline'), variables: `\0${read('environ')}\0` }]
    } catch {
      return []
    }
  })
}
