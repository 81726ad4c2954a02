import { spawnSync } from 'node:child_process'

/** Whether `tar` is that of GNU, whose options some tests call. macOS and Windows have that of BSD. */
export const isGnuTar = /GNU tar/.test(spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout ?? '')

/**
 * Whether two names are one file if they differ only in Unicode normalisation, and a name that is no UTF-8 is refused,
 * as on macOS.
 */
export const foldsNames = process.platform === 'darwin'
