import type { ModuleVersion } from './module-path.ts'

/** `path@version`, as the go command writes a module version. */
export function moduleVersionName({ path, version }: ModuleVersion): string {
  return `${path}@${version}`
}

/**
 * Takes `path@version` apart. A module path holds no `@` (golang.org/x/mod/module, CheckPath).
 *
 * @throws RangeError when there is no `@` in the name
 */
export function splitModuleVersion(name: string): ModuleVersion {
  const at = name.lastIndexOf('@')
  if (at === -1) throw new RangeError(`"${name}" is not path@version`)
  return { path: name.slice(0, at), version: name.slice(at + 1) }
}
