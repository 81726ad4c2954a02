import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { filesBelow } from '../../src/platform/files.ts'

/** Every form in which a password might come up, alone or behind a user. */
export function secretForms(password: string, users: readonly string[]): readonly string[] {
  return [
    password,
    encodeURIComponent(password),
    ...[...users.map((user) => `${user}:`), ''].map((user) =>
      Buffer.from(`${user}${password}`).toString('base64'),
    ),
  ]
}

/**
 * Where any form of a secret is: in what steps said, or in a file below some folders.
 *
 * @param texts what was said; the commands that mask secrets count for nothing
 * @param folders absolute paths; may be missing
 * @returns the texts, and the paths of the files
 */
export function leaks(
  forms: readonly string[],
  texts: readonly string[],
  folders: readonly string[],
): readonly string[] {
  const files = folders.flatMap((folder) =>
    existsSync(folder) ? filesBelow(folder).map((file) => path.join(folder, file)) : [],
  )
  return [
    ...texts
      .map((text) => text.replaceAll(/^::add-mask::.*$/gm, ''))
      .filter((text) => forms.some((form) => text.includes(form))),
    ...files.filter((file) => forms.some((form) => readFileSync(file, 'latin1').includes(form))),
  ]
}
