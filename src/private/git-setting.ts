import { environment } from '../system/environment.ts'

/**
 * Variables that add a setting to git's configuration (git-config(1), GIT_CONFIG_COUNT; since git 2.31); what is set there
 * already stays.
 *
 * @param key such as `include.path`
 */
export function gitSetting(key: string, value: string): Readonly<Record<string, string>> {
  const count = Number(environment().GIT_CONFIG_COUNT ?? '') || 0
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: key,
    [`GIT_CONFIG_VALUE_${count}`]: value,
  }
}
