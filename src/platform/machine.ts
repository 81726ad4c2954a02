import * as os from 'node:os'
import { readText } from './files.ts'

/** The machine, as far as it decides what a build makes. */
interface Machine {
  readonly platform: NodeJS.Platform
  /** As `process.arch` says it: x64, arm64. */
  readonly arch: string
  /** Release of the kernel; on macOS and Windows it stands for the release of the system. */
  readonly release: string
  /** Version of glibc; undefined with musl and where there is none. */
  readonly glibc: string | undefined
}

/** The system, in the words of Node. */
export function platform(): NodeJS.Platform {
  return process.platform
}

/** Absolute path of the Node that runs this. */
export function nodeProgram(): string {
  return process.execPath
}

/** Whether this process may do everything; Windows does not tell. */
export function isSuperuser(): boolean {
  return process.getuid?.() === 0
}

/** The processor, in the words of Node. */
export function architecture(): string {
  return process.arch
}

/** Looks at the machine; a report on the C library takes some milliseconds. */
function machine(): Machine {
  return { platform: process.platform, arch: process.arch, release: os.release(), glibc: glibcVersion() }
}

function glibcVersion(): string | undefined {
  if (process.platform !== 'linux' || process.report === undefined) return undefined
  // Without this the report looks up the name of every address of the machine.
  Object.assign(process.report, { excludeNetwork: true })
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime
}

/** The machine as a build sees it. */
export interface MachineImage {
  /** linux, macos or windows. */
  readonly system: string
  /** The system's release and C library, such as `ubuntu24.04.glibc2.39`. */
  readonly release: string
  readonly arch: string
}

const systems: Partial<Record<NodeJS.Platform, string>> = { darwin: 'macos', win32: 'windows' }

/** Looks at the machine; inside a container that is the container's image, not its host's. */
export function detectMachineImage(): MachineImage {
  return machineImageOf(machine(), readText('/etc/os-release') ?? '')
}

/**
 * Describes a machine by what decides whether its objects can be used on another.
 *
 * @param found what the system says of itself
 * @param osRelease the text of /etc/os-release (man 5 os-release); empty where there is none
 */
export function machineImageOf(found: Machine, osRelease: string): MachineImage {
  const system = systems[found.platform] ?? found.platform
  if (found.platform !== 'linux') {
    // Windows Server 2022 and 2025 are both 10.0; the build number tells them apart.
    const release = found.release.split('.')[found.platform === 'win32' ? 2 : 0] ?? found.release
    return { system, release, arch: found.arch }
  }
  const field = (name: string) => new RegExp(`^${name}="?([^"\\r\\n]*)"?`, 'm').exec(osRelease)?.[1] ?? ''
  const library = found.glibc === undefined ? 'musl' : `glibc${found.glibc}`
  return { system, release: `${field('ID') || 'linux'}${field('VERSION_ID')}.${library}`, arch: found.arch }
}
