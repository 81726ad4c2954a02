import { cpSync, mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { build } from 'esbuild'
import type { Usual } from './usual/strategy.ts'

const root = path.resolve(import.meta.dirname, '..')
/** As in scripts/build.mjs: packages of @actions/cache call require. */
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
].join('\n')

/**
 * Copies the measured action, so that a new build in the meantime changes nothing.
 *
 * @param action folder with action.yml and dist; the committed ones if undefined
 * @param folder absolute path of the copy
 */
export function copyAction(action: string | undefined, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const name of ['action.yml', 'dist'])
    cpSync(path.join(action ?? root, name), path.join(folder, name), { recursive: true })
}

/**
 * Builds an action from a set-up that users have, bundled as actions are.
 *
 * @param usual the set-up
 * @param folder absolute path of the action
 */
export async function buildUsual(usual: Usual, folder: string): Promise<void> {
  const source = path.join(import.meta.dirname, 'usual')
  const define = { BENCH_USUAL: JSON.stringify(usual) }
  await bundle([path.join(source, 'restore.ts'), path.join(source, 'save.ts')], folder, define)
  cpSync(path.join(source, 'action.yml'), path.join(folder, 'action.yml'))
}

/**
 * Bundles TypeScript as in dist/: from source, every thread and process would spend a tenth of a second on
 * stripping types.
 *
 * @param entryPoints absolute paths; each becomes a file of its own name with the suffix `.mjs`
 * @param outdir absolute path
 * @param define replacements of free names, as source text
 */
export async function bundle(
  entryPoints: readonly string[],
  outdir: string,
  define: Readonly<Record<string, string>> = {},
): Promise<void> {
  await build({
    ...{ entryPoints: [...entryPoints], outdir, entryNames: '[name]', outExtension: { '.js': '.mjs' } },
    ...{ bundle: true, platform: 'node', target: 'node24', format: 'esm', logLevel: 'error' },
    banner: { js: banner },
    define: { ...define },
  })
}
