import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { createRepository, git } from '../../testbed/git-repository.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** A repository, and a place where it is checked out again and again, as in jobs of GitHub's own runners. */
export interface Bed {
  /** Where commits are made. */
  readonly origin: string
  readonly workspace: string
  /** Checks out afresh; `options` are further options of git clone. */
  readonly checkOut: (...options: string[]) => Promise<void>
}

/**
 * Makes a repository.
 *
 * @param prepare writes its files below a folder
 * @param folder where all of it lies; by default for one test
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
    if (existsSync(workspace)) rmSync(workspace, { recursive: true })
    await git(folder, 'clone', '--quiet', ...options, pathToFileURL(origin).href, workspace)
  }
  await checkOut()
  return { origin, workspace, checkOut }
}

/** Makes a repository of texts for one test. */
export function bedOf(files: Readonly<Record<string, string>>): Promise<Bed> {
  return makeBed((folder) => writeFiles(folder, files))
}

/** Commits a change to where commits are made. */
export async function commit(bed: Bed, change: (origin: string) => void): Promise<void> {
  change(bed.origin)
  await git(bed.origin, 'add', '--all')
  await git(bed.origin, 'commit', '--quiet', '--message=Change')
}

/** Modification times in nanoseconds of everything below a folder, links themselves, without what is git's own. */
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

/** Paths whose times differ, or that only one of both has. */
export function differing(
  before: Readonly<Record<string, bigint>>,
  after: Readonly<Record<string, bigint>>,
): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => before[name] !== after[name]).sort()
}
