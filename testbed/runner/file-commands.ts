import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The files a step writes to talk to the runner, by the variable that names each. */
export type CommandFiles = {
  readonly GITHUB_ENV: string
  readonly GITHUB_OUTPUT: string
  readonly GITHUB_STATE: string
  readonly GITHUB_PATH: string
  readonly GITHUB_STEP_SUMMARY: string
}

/** What a step said through its files. */
export type FileCommands = {
  readonly environment: ReadonlyMap<string, string>
  readonly outputs: ReadonlyMap<string, string>
  readonly state: ReadonlyMap<string, string>
  readonly paths: readonly string[]
  readonly summary: string
  /** Why the runner would fail the step: each a message. */
  readonly errors: readonly string[]
}

const summaryLimit = 1024 * 1024

/**
 * Makes the empty files for one step, under names that no other step has.
 * @param temp RUNNER_TEMP
 */
export async function createCommandFiles(temp: string): Promise<CommandFiles> {
  const id = randomUUID()
  const folder = join(temp, '_runner_file_commands')
  await mkdir(folder, { recursive: true })
  const files: CommandFiles = {
    GITHUB_ENV: join(folder, `set_env_${id}`),
    GITHUB_OUTPUT: join(folder, `set_output_${id}`),
    GITHUB_STATE: join(folder, `save_state_${id}`),
    GITHUB_PATH: join(folder, `add_path_${id}`),
    GITHUB_STEP_SUMMARY: join(folder, `step_summary_${id}`),
  }
  await Promise.all(Object.values(files).map((file) => writeFile(file, '')))
  return files
}

/**
 * Reads what a step wrote and removes the files. As in FileCommandManager.cs of actions/runner, a file that cannot
 * be understood is an error of the step, NODE_OPTIONS cannot be set, and a summary over 1 MiB is dropped.
 */
export async function takeCommandFiles(files: CommandFiles): Promise<FileCommands> {
  const errors: string[] = []
  const read = async (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')
  const pairs = async (name: keyof CommandFiles): Promise<Map<string, string>> => {
    try {
      return parseNameValues(await read(files[name]))
    } catch (error) {
      errors.push(`Unable to process file command '${name}' successfully. ${(error as Error).message}`)
      return new Map()
    }
  }
  const environment = await pairs('GITHUB_ENV')
  if (environment.delete('NODE_OPTIONS')) errors.push("Can't store NODE_OPTIONS using '$GITHUB_ENV' command.")
  const outputs = await pairs('GITHUB_OUTPUT')
  const state = await pairs('GITHUB_STATE')
  const paths = (await read(files.GITHUB_PATH)).split(/\r?\n/).filter((line) => line !== '')
  let summary = await read(files.GITHUB_STEP_SUMMARY)
  if (Buffer.byteLength(summary) > summaryLimit) {
    errors.push('$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k.')
    summary = ''
  }
  await Promise.all(Object.values(files).map((file) => rm(file, { force: true })))
  return { environment, outputs, state, paths, summary, errors }
}

/**
 * Parses `NAME=VALUE` lines and `NAME<<DELIMITER` blocks as EnvFileKeyValuePairs of FileCommandManager.cs does: line breaks
 * within a value stay as they are.
 * @param text a file's whole content
 * @param system where the runner runs: on Windows alone a line may end with CRLF
 * @throws {Error} for a line that is neither, an empty name or delimiter, or a block without its end
 */
export function parseNameValues(
  text: string,
  system: NodeJS.Platform = process.platform,
): Map<string, string> {
  const result = new Map<string, string>()
  const lines = [...text.matchAll(system === 'win32' ? /(.*?)(\r?\n|$)/gsy : /(.*?)(\n|$)/gsy)].map(
    ([, line = '', end = '']) => ({ line, end }),
  )
  for (let index = 0; index < lines.length; index++) {
    const { line = '' } = lines[index] ?? {}
    if (line === '') continue
    const equals = line.indexOf('=')
    const heredoc = line.indexOf('<<')
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw new Error(`Invalid format '${line}'. Name must not be empty`)
      result.set(line.slice(0, equals), line.slice(equals + 1))
    } else if (heredoc >= 0) {
      const delimiter = line.slice(heredoc + 2)
      if (heredoc === 0 || delimiter === '') {
        throw new Error(`Invalid format '${line}'. Name and delimiter must not be empty`)
      }
      const length = lines.slice(index + 1).findIndex((one) => one.line === delimiter)
      if (length < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`)
      const value = lines.slice(index + 1, index + 1 + length)
      result.set(
        line.slice(0, heredoc),
        value.map((one, at) => one.line + (at < length - 1 ? one.end : '')).join(''),
      )
      index += length + 1
    } else {
      throw new Error(`Invalid format '${line}'`)
    }
  }
  return result
}
