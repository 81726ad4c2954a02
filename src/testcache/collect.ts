import * as path from 'node:path'
import type { Variables } from '../platform/environment.ts'
import { realPath } from '../platform/files.ts'
import { platform } from '../platform/machine.ts'
import { groupNames, isNamed, type NameGroup, namedBelow } from './match.ts'
import { findRepositories, parentOf, type TrackedTree, trackedTree } from './repositories.ts'
import { isAbsoluteName, type LoggedName, testLogNames } from './test-log.ts'

/**
 * Finds the files of a checkout on which the results of cached tests depend. A test log does not name the directory of
 * its package, from which relative names start. So each name is resolved from every directory that holds a tracked
 * `_test.go` file. This finds too many paths rather than too few: an extra path only gets a stable mtime without need.
 *
 * @param workspace absolute path of the checkout
 * @param logs texts of test logs from the build cache
 * @param directories absolute paths of module directories, which may be in repositories of their own below
 * @param variables the variables that git gets
 * @returns paths in the workspace with `/`, sorted and unique: tracked files and links, directories with tracked
 *   content, and `.git` at the top of a repository. A directory that a test opened ends in `/`, because Go then checks
 *   each of its entries (cmd/go/internal/test/test.go, hashOpen); the workspace itself is `.` or `./`. Empty when there
 *   is no git repository
 */
export async function collectTestInputs(
  workspace: string,
  logs: readonly string[],
  directories: readonly string[],
  variables: Variables,
): Promise<readonly string[]> {
  const found = await findRepositories(workspace, directories, variables)
  if (found.kind === 'no-git') return []
  const tree = trackedTree(found.repositories)
  const groups = groupNames(namesIn(logs), placesIn(workspace), testDirectories(tree))
  const named = new Map<string, boolean>()
  const add = (place: string, opened: boolean) => named.set(place, (named.get(place) ?? false) || opened)
  for (const places of [tree.files.keys(), tree.directories, tree.markers]) {
    for (const place of places) {
      const opened = isNamed(place, groups)
      if (opened !== undefined) add(place, opened)
    }
  }
  for (const [place, opened] of throughLinks(workspace, tree, groups)) add(place, opened)
  return Array.from(named, ([place, opened]) =>
    opened && tree.directories.has(place) ? `${place || '.'}/` : place || '.',
  ).sort()
}

function namesIn(logs: readonly string[]): Iterable<LoggedName> {
  const names = new Map<string, boolean>()
  for (const log of logs) {
    for (const { name, opened } of testLogNames(log, platform()))
      names.set(name, (names.get(name) ?? false) || opened)
  }
  return Array.from(names, ([name, opened]) => ({ name, opened }))
}

/** Returns a function that finds absolute names in a workspace, which may itself be named through a link. */
function placesIn(workspace: string): (name: string) => { place: string } | 'elsewhere' | undefined {
  const plain = (text: string) => (platform() === 'win32' ? text.replaceAll('\\', '/').toLowerCase() : text)
  const tops = [...new Set([workspace, realPath(workspace)].map(plain))]
  return (name) => {
    if (!isAbsoluteName(name, platform())) return undefined
    const top = tops.find((one) => plain(name) === one || plain(name).startsWith(`${one}/`))
    return top === undefined ? 'elsewhere' : { place: name.slice(top.length + 1) }
  }
}

function testDirectories(tree: TrackedTree): ReadonlySet<string> {
  return new Set([...tree.files.keys()].filter((file) => file.endsWith('_test.go')).map(parentOf))
}

/** Yields the links that names lead through, and the tracked files and directories where they end. */
function* throughLinks(
  workspace: string,
  tree: TrackedTree,
  groups: readonly NameGroup[],
): Iterable<readonly [place: string, opened: boolean]> {
  const top = realPath(workspace)
  const placeOf = (file: string) => path.relative(top, endOf(file)).replaceAll(path.sep, '/')
  const isTracked = (place: string) => tree.files.has(place) || tree.directories.has(place)
  for (const [link, { mode }] of tree.files) {
    if (mode !== '120000') continue
    const here = isNamed(link, groups)
    const below = namedBelow(link, groups)
    if (here === undefined && below.size === 0) continue
    const target = placeOf(path.join(workspace, link))
    yield [link, false]
    if (here !== undefined && isTracked(target)) yield [target, here]
    for (const [rest, opened] of below) {
      const straight = target === '' ? rest : `${target}/${rest}`
      // There may be further links on the way.
      const end =
        tree.files.get(straight)?.mode === '120000' || !isTracked(straight)
          ? placeOf(path.join(workspace, link, rest))
          : straight
      if (isTracked(straight)) yield [straight, false]
      if (isTracked(end)) yield [end, opened]
    }
  }
}

/** Returns where a path leads; the path itself when that fails, as for links in a circle. */
function endOf(file: string): string {
  try {
    return realPath(file)
  } catch {
    return file
  }
}
