import { settled } from './words.ts'

/**
 * The first lines of what the go command printed, without its progress lines and without blank ones.
 *
 * @param output standard error of the go command
 * @param count how many lines at most
 */
export function firstLines(output: string, count: number): string {
  return settled(output)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, count)
    .join('\n')
}
