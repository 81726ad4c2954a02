import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import { SetupError } from '../process.mjs'
import { wine } from './drives.mjs'

/** Every process below the emulated Windows inherits it, also one that leaves its process group, as Wine makes them do. */
const runVariable = 'GO_DEPS_RUN'

const second = 1000

/** Wine's own processes, which serve other runs too. */
const ofWine = /^C:\\windows\\system32\\|wineserver/i

/** What a program prints when the server that holds Wine's handles and processes is gone (dlls/ntdll/unix/server.c). */
const crash = 'wineserver crashed'

/**
 * Runs a program of the emulated Windows with its output going to ours. A program that crashes there may leave its parent
 * waiting for ever, so a long silence ends the run with all its processes. So does a crash of Wine's server.
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
    endAll()
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.off(signal, interrupt)
  }
}

/** @param {string} id */
function killRun(id) {
  const variable = `\0${runVariable}=${id}\0`
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      if (!`\0${readFileSync(`/proc/${name}/environ`, 'latin1')}\0`.includes(variable)) continue
      if (!ofWine.test(readFileSync(`/proc/${name}/cmdline`, 'latin1'))) process.kill(Number(name), 'SIGKILL')
    } catch {
      // It ended meanwhile.
    }
  }
}
