// Bundles the action: `node scripts/build.mjs [output folder]`, on Node 24 with esbuild from node_modules.
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { ownEnvelopes } from './own-envelopes.mjs'
import { root } from './setup/place.mjs'
import { withoutHttpClient } from './without-http-client.mjs'

// Bundled CommonJS packages call require, which an ES module lacks. The alias is not a matter of taste: a
// dependency of @actions/cache declares createRequire itself, and a second declaration is a syntax error.
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
].join('\n')

/** What `main.mjs` and `post.mjs` load once they know that this Node can: bundles of their own. */
const phases = {
  name: 'phases',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /^\.\/(?:main|post)\.ts$/ }, ({ path }) => ({
      path: path.replace(/^\.\/(\w+)\.ts$/, './run-$1.mjs'),
      external: true,
    }))
  },
}

/**
 * Bundles the entries of src/ into `<folder>/*.mjs`, with the problem matcher beside them, replacing what is there once
 * everything is built. The result depends on the sources and the installed packages alone, not on where the repository
 * lies: paths in esbuild's comments are relative to the root. Not minified, so that a reviewer can read the difference.
 * @param {string} folder absolute path
 * @returns {Promise<boolean>} false when esbuild reported errors, on stderr
 */
export async function buildAction(folder) {
  /** @type {string[]} */
  const changes = []
  /** @type {import('esbuild').BuildOptions & { write: false }} */
  const common = {
    absWorkingDir: root,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    charset: 'utf8',
    logLevel: 'warning',
  }
  const results = await Promise.all([
    build({
      ...common,
      entryPoints: {
        'run-main': 'src/main.ts',
        'run-post': 'src/post.ts',
        'cache-client': 'src/cache-client.ts',
        worker: 'src/worker.ts',
        s3: 'src/s3.ts',
      },
      target: 'node24',
      banner: { js: banner },
      // The licences of bundled packages ask for their notices to travel with them.
      legalComments: 'inline',
      plugins: [withoutHttpClient(), ownEnvelopes(changes)],
    }),
    build({
      ...common,
      entryPoints: { main: 'src/start-main.ts', post: 'src/start-post.ts' },
      // Old Nodes have to understand what tells them that they are old.
      target: 'node14.8',
      plugins: [phases],
    }),
  ]).catch(() => undefined)
  if (results === undefined) return false
  if (changes.sort().join() !== 'extract,import,list') {
    const made = changes.join(', ') || 'none'
    console.error(
      `scripts/build.mjs: @actions/cache/lib/internal/tar.js is another one, so dist might run \`tar -x\`. Of the changes import, extract, list these were made: ${made}. Adapt ownEnvelopes to it (docs/adr/0016-our-own-reader-of-envelopes.md).`,
    )
    return false
  }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const files = results.flatMap(({ outputFiles }) => outputFiles)
  await Promise.all(files.map((file) => writeFile(file.path, file.contents)))
  await copyFile(join(root, 'src', 'problem-matcher.json'), join(folder, 'problem-matcher.json'))
  return true
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const isBuilt = await buildAction(resolve(process.argv[2] ?? join(root, 'dist')))
  process.exitCode = isBuilt ? 0 : 1
}
