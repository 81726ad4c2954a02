// A headless Chromium that is told what to do through a pipe, with the Chrome DevTools Protocol
// (https://chromedevtools.github.io/devtools-protocol/): no port is opened, and a page may be narrower than a window.
import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** @typedef {(method: string, params?: object) => Promise<any>} Ask asks the page, and returns its answer */

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome.exe',
  'msedge.exe',
]
const elsewhere = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
const tooEarly = 'Chromium ended before its time'
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  // Grey edges look the same on every screen, and make smaller files.
  '--disable-lcd-text',
  '--font-render-hinting=none',
  '--remote-debugging-pipe',
]

/**
 * The path of a Chromium or Chrome on this machine; undefined when there is none.
 * @param {NodeJS.ProcessEnv} environment CHROMIUM names one, PATH is searched otherwise
 */
export function findChromium(environment) {
  if (environment.CHROMIUM) return environment.CHROMIUM
  const folders = (environment.PATH ?? '').split(delimiter).filter(Boolean)
  return [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...elsewhere].find(isFile)
}

/**
 * Opens an empty page and closes the browser when the work with it is done.
 * @param {string} program absolute path of Chromium
 * @param {(ask: Ask) => Promise<void>} work
 * @throws {Error} what the browser answered, when it refused something or ended before its time
 */
export async function withPage(program, work) {
  const profile = await mkdtemp(join(tmpdir(), 'summary-picture-'))
  const browser = spawn(program, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => {
    browser.once('exit', resolve)
    browser.once('error', resolve)
  })
  try {
    const send = connect(browser)
    const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
    await work((method, params) => send(method, params, sessionId))
    await send('Browser.close')
  } finally {
    if (browser.exitCode === null) browser.kill()
    await ended
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * Speaks the protocol: JSON with a NUL behind it, out on descriptor 3 and in on descriptor 4.
 * @param {import('node:child_process').ChildProcess} browser
 * @returns {(method: string, params?: object, sessionId?: string) => Promise<any>}
 */
function connect(browser) {
  const [, , , requests, answers] = browser.stdio
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map()
  let count = 0
  let rest = ''
  answers.setEncoding('utf8').on('data', (chunk) => {
    const texts = (rest + chunk).split('\0')
    rest = texts.pop() ?? ''
    for (const text of texts) {
      const { id, result, error } = JSON.parse(text)
      if (error) waiting.get(id)?.reject(new Error(error.message))
      else waiting.get(id)?.resolve(result)
      waiting.delete(id)
    }
  })
  requests.on('error', () => undefined)
  const giveUp = () => {
    for (const { reject } of waiting.values()) reject(new Error(tooEarly))
  }
  browser.once('exit', giveUp)
  browser.once('error', giveUp)
  return (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      if (browser.exitCode !== null || browser.signalCode !== null) return reject(new Error(tooEarly))
      count += 1
      waiting.set(count, { resolve, reject })
      requests.write(`${JSON.stringify({ id: count, method, params, sessionId })}\0`)
    })
}

/** @param {string} file */
function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}
