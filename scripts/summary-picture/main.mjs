// Pictures of a job summary: `node scripts/summary-picture/main.mjs <file.md> <out-prefix>` renders the Markdown in
// GitHub's look and writes `<out-prefix>-{desktop,phone}-{light,dark}.png`. It needs the npm packages, a Chromium,
// and for small files pngquant.
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { marked } from 'marked'
import { findChromium, withPage } from './chromium.mjs'

/** Widths in CSS pixels; a phone is as narrow as the narrowest that is common. */
const widths = { desktop: 820, phone: 375 }
const themes = ['light', 'dark']
/** Pixels of the picture for one of the page, so that text is sharp on fine screens. */
const scale = 2

/**
 * The summary as a page that looks like GitHub's.
 * @param {string} markdown
 * @param {string} style github-markdown.css, which follows the theme by itself
 */
function pageOf(markdown, style) {
  const body = marked.parse(markdown, { gfm: true, async: false })
  return `<!doctype html><meta charset="utf-8"><style>${style}
    body { margin: 0 } .markdown-body { box-sizing: border-box; padding: 16px }</style>
    <article class="markdown-body">${body}</article>`
}

/**
 * @param {import('./chromium.mjs').Ask} ask
 * @param {number} width
 * @param {string} theme
 * @returns {Promise<Buffer>} the PNG, as high as the page
 */
async function picture(ask, width, theme) {
  await ask('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: theme }] })
  await ask('Emulation.setDeviceMetricsOverride', {
    width,
    height: 400,
    deviceScaleFactor: scale,
    mobile: false,
  })
  const measured = await ask('Runtime.evaluate', {
    expression:
      '[document.documentElement.scrollWidth, document.querySelector("article").offsetHeight, [...document.querySelectorAll("table")].some(t => t.scrollWidth > t.clientWidth)]',
    returnByValue: true,
  })
  const [scrollWidth, height, hasWideTable] = measured.result.value
  if (scrollWidth > width || hasWideTable)
    process.stderr.write(`at ${width} px it has to be scrolled sideways\n`)
  const clip = { x: 0, y: 0, width, height, scale: 1 }
  const { data } = await ask('Page.captureScreenshot', { format: 'png', clip, captureBeyondViewport: true })
  return Buffer.from(data, 'base64')
}

const [file, prefix] = process.argv.slice(2)
const program = findChromium(process.env)
if (file === undefined || prefix === undefined) {
  process.stderr.write('usage: node scripts/summary-picture/main.mjs <file.md> <out-prefix>\n')
  process.exitCode = 2
} else if (program === undefined) {
  process.stderr.write(
    'There is no Chromium. Install it (Debian: apt-get install chromium; macOS: brew install --cask chromium), or name one in CHROMIUM.\n',
  )
  process.exitCode = 1
} else {
  const style = createRequire(import.meta.url).resolve('github-markdown-css/github-markdown.css')
  const page = pageOf(await readFile(file, 'utf8'), await readFile(style, 'utf8'))
  await withPage(program, async (ask) => {
    const { frameTree } = await ask('Page.getFrameTree')
    await ask('Page.setDocumentContent', { frameId: frameTree.frame.id, html: page })
    for (const [device, width] of Object.entries(widths)) {
      for (const theme of themes) {
        const target = `${prefix}-${device}-${theme}.png`
        await writeFile(target, await picture(ask, width, theme))
        // 128 colours are enough for text, and make a third of the size. Without pngquant it stays as it is.
        spawnSync('pngquant', ['--force', '--skip-if-larger', '--ext', '.png', '128', '--', target])
        process.stdout.write(`${target}\n`)
      }
    }
  })
}
