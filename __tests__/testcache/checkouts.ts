import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** A repository, and a folder where it is checked out repeatedly, as by jobs on hosted runners. */
export interface Bed {
  /** The repository that commits go to. */
  readonly origin: string
  readonly workspace: string
  /** Makes a fresh checkout; `options` are further options of git clone. */
  readonly checkOut: (...options: string[]) => Promise<void>
}

/**
 * Creates a repository.
 *
 * @param prepare writes its files below a folder
 * @param folder parent of all its files; by default removed with the test
 */
export async function makeBed(
  prepare: (folder: string) => void,
  folder: string = temporaryFolder(),
): Promise<Bed> {
  const [files, origin, workspace] = ['files', 'origin', 'work'].map((name) => path.join(folder, name))
  if (files === undefined || origin === undefined || workspace === undefined) throw new Error('no folders')
  prepare(files)
  await createRepository(files, origin)
  const checkOut = async (...options: string[]) => {
    if (existsSync(workspace)) rmSync(workspace, { recursive: true, maxRetries: 5 })
    await git(folder, 'clone', '--quiet', ...options, pathToFileURL(origin).href, workspace)
  }
  await checkOut()
  return { origin, workspace, checkOut }
}

/** Creates a repository of text files for one test. */
export function bedOf(files: Readonly<Record<string, string>>): Promise<Bed> {
  return makeBed((folder) => writeFiles(folder, files))
}

/** Commits a change to the repository. */
export async function commit(bed: Bed, change: (origin: string) => void): Promise<void> {
  change(bed.origin)
  await git(bed.origin, 'add', '--all')
  await git(bed.origin, 'commit', '--quiet', '--message=Change')
}

/** Modification times in nanoseconds of everything below a folder, including links, without the files of git. */
export function timesBelow(folder: string): Readonly<Record<string, bigint>> {
  const times: Record<string, bigint> = {}
  const visit = (place: string): void => {
    const file = path.join(folder, place)
    const stats = lstatSync(file, { bigint: true })
    times[place || '.'] = stats.mtimeNs
    if (!stats.isDirectory()) return
    for (const name of readdirSync(file).filter((one) => one !== '.git'))
      visit(place === '' ? name : `${place}/${name}`)
  }
  visit('')
  return times
}

/** Paths whose times differ, or that only one side has. */
export function differing(
  before: Readonly<Record<string, bigint>>,
  after: Readonly<Record<string, bigint>>,
): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => before[name] !== after[name]).sort()
}
