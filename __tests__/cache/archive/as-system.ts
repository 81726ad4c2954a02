import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { PackUnit } from '../../../src/cache/archive/units.ts'

/** A platform name as in process.platform. */
export type System = 'linux' | 'darwin' | 'win32'
export const systems: readonly System[] = ['linux', 'darwin', 'win32']

const source = path.resolve(import.meta.dirname, '../../../src/cache/archive')
/** Time that every packed file gets, in seconds since 1970. */
const packedTime = 315_619_200

/**
 * Packs modules into an entry of two shards, in a process that claims to run on another system.
 *
 * @param base absolute path of the packed folder
 * @param units what is packed, the first half of it into the first shard
 * @param directory absolute path of the entry's folder, not yet there
 */
export async function packAs(
  system: System,
  base: string,
  units: readonly PackUnit[],
  directory: string,
): Promise<void> {
  mkdirSync(directory)
  await runAs(
    system,
    { base, units, directory, packedTime },
    `
    const { packShard } = await import(source + '/pack-shard.ts')
    const { shardName } = await import(source + '/manifest.ts')
    const { writeManifest } = await import(source + '/manifest.ts')
    const { walkUnit } = await import(source + '/pack.ts')
    const placed = units.map((unit, index) => ({ ...unit, shard: index < units.length / 2 ? 0 : 1 }))
    const shards = [0, 1].map((shard) => {
      const own = placed.filter((unit) => unit.shard === shard)
      const { length, sha256, files, bytes, frames } = packShard({
        base,
        units: own.map((unit) => ({ ...unit, paths: walkUnit(base, unit, () => false).paths, expected: [] })),
        onFault: 'fail',
        verifyBuildObjects: false,
        target: { file: directory + '/' + shardName(shard) },
        mtimeSeconds: packedTime,
      })
      return { name: shardName(shard), length, sha256, files, bytes, frames }
    })
    const total = (field) => shards.reduce((sum, shard) => sum + shard[field], 0)
    const [files, bytes] = [total('files'), total('bytes')]
    writeManifest(directory, { kind: 'modules', about: {}, units: placed, files, bytes, shards })
    return 'packed'`,
  )
}

/**
 * Unpacks an entry in a process that claims to run on another system.
 *
 * @param directory absolute path of the entry's folder
 * @param stage absolute path of the folder to unpack into, not yet there
 * @returns `unpacked`, or the message of the error
 */
export async function unpackAs(system: System, directory: string, stage: string): Promise<string> {
  mkdirSync(stage)
  return runAs(
    system,
    { directory, stage },
    `
    const { unpackShard } = await import(source + '/unpack-shard.ts')
    const { readManifest } = await import(source + '/manifest.ts')
    const { dirname } = (await import('node:path')).posix
    const { mkdirSync } = await import('node:fs')
    try {
      const { shards, units } = readManifest(directory)
      const options = { stage, skipRoots: [], readOnlyRoots: [], mtimeSeconds: undefined }
      for (const [index, shard] of shards.entries()) {
        const roots = units.filter((unit) => unit.shard === index).flatMap((unit) => unit.roots)
        for (const root of roots) mkdirSync(stage + '/' + dirname(root), { recursive: true })
        const place = { file: directory + '/' + shard.name }
        unpackShard({ ...options, place, shard, roots, verifyBuildObjects: false })
      }
      return 'unpacked'
    } catch (error) {
      return error.message
    }`,
  )
}

async function runAs(system: System, data: object, body: string): Promise<string> {
  const names = Object.keys(data).join(', ')
  const script = `
    Object.defineProperty(process, 'platform', { value: ${JSON.stringify(system)} })
    const source = ${JSON.stringify(pathToFileURL(source).href)}
    const { ${names} } = ${JSON.stringify(data)}
    const work = async () => {${body}
    }
    process.stdout.write(await work())`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  return stdout
}
