// Bundles the action: `node scripts/build.mjs [output folder]`, on Node 24 with esbuild from node_modules.
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root } from './setup/place.mjs'
import { withoutHttpClient } from './without-http-client.mjs'

// Bundled CommonJS packages call require, which an ES module lacks. The alias is not a matter of taste: a
// dependency of @actions/cache declares createRequire itself, and a second declaration is a syntax error.
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
].join('\n')

/**
 * Bundles the four entries of src/ into `<folder>/{main,post,carrier,worker}.mjs`, with the problem matcher beside
 * them, replacing what is there once everything is built. The result depends on the sources and the installed packages alone, not on where the
 * repository lies: paths in esbuild's comments are relative to the root. Not minified, so that a reviewer can
 * read the difference.
 * @param {string} folder absolute path
 * @returns {Promise<boolean>} false when esbuild reported errors, on stderr
 */
export async function buildAction(folder) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['main', 'post', 'carrier', 'worker'].map((name) => `src/${name}.ts`),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: banner },
    // The licences of bundled packages ask for their notices to travel with them.
    legalComments: 'inline',
    charset: 'utf8',
    logLevel: 'warning',
    plugins: [withoutHttpClient()],
  }).catch(() => undefined)
  if (result === undefined) return false
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await Promise.all(result.outputFiles.map((file) => writeFile(file.path, file.contents)))
  await copyFile(join(root, 'src', 'problem-matcher.json'), join(folder, 'problem-matcher.json'))
  return true
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const isBuilt = await buildAction(resolve(process.argv[2] ?? join(root, 'dist')))
  process.exitCode = isBuilt ? 0 : 1
}
