import { goEnvFile, parseGoEnvFile } from '../modules/go-env.ts'
import { platform } from '../system/environment.ts'
import { readText } from '../system/files.ts'

/** What a variable of the go command is set to; empty when it is not set. */
export type Settings = (name: string) => string

/**
 * Looks up the settings of the go command as it does itself: the environment, then the user's file
 * (cmd/go/internal/cfg/cfg.go, Getenv). What a Go brings along as its defaults is not asked: there may be no Go yet.
 *
 * @param environment the environment variables of the action
 */
export function lookAtSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const file = goEnvFile(environment, platform())
  const inFile = parseGoEnvFile(file === undefined ? '' : (readText(file) ?? ''))
  return (name) => {
    const value = environment[name] ?? ''
    return value !== '' ? value : (inFile.get(name) ?? '')
  }
}
