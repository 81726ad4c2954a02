import * as os from 'node:os'
import { readText } from './files.ts'

/** The properties of a machine that affect the output of a build. */
interface Machine {
  readonly platform: NodeJS.Platform
  /** As in `process.arch`: x64, arm64. */
  readonly arch: string
  /** Kernel release; on macOS and Windows it identifies the release of the system. */
  readonly release: string
  /** Version of glibc; undefined with musl and where there is none. */
  readonly glibc: string | undefined
}

/** Returns the system, as in `process.platform`. */
export function platform(): NodeJS.Platform {
  return process.platform
}

/** Returns the absolute path of the running Node. */
export function nodeProgram(): string {
  return process.execPath
}

/** Whether this process runs as root; always false on Windows. */
export function isSuperuser(): boolean {
  return process.getuid?.() === 0
}

/** Returns the processor, as in `process.arch`. */
export function architecture(): string {
  return process.arch
}

/** Detects the machine; the process report for the C library takes some milliseconds. */
function machine(): Machine {
  return { platform: process.platform, arch: process.arch, release: os.release(), glibc: glibcVersion() }
}

function glibcVersion(): string | undefined {
  if (process.platform !== 'linux' || process.report === undefined) return undefined
  // Without this, the report looks up the name of every network address of the machine.
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

/** Detects the machine; inside a container, the container's image and not its host. */
export function detectMachineImage(): MachineImage {
  return machineImageOf(machine(), readText('/etc/os-release') ?? '')
}

/**
 * Describes a machine by what decides whether another machine can use its build output.
 *
 * @param found what the system reports
 * @param osRelease the text of /etc/os-release (man 5 os-release); empty when there is none
 */
export function machineImageOf(found: Machine, osRelease: string): MachineImage {
  const system = systems[found.platform] ?? found.platform
  if (found.platform !== 'linux') {
    // Windows Server 2022 and 2025 are both 10.0; the build number distinguishes them.
    const release = found.release.split('.')[found.platform === 'win32' ? 2 : 0] ?? found.release
    return { system, release, arch: found.arch }
  }
  const field = (name: string) => new RegExp(`^${name}="?([^"\\r\\n]*)"?`, 'm').exec(osRelease)?.[1] ?? ''
  const library = found.glibc === undefined ? 'musl' : `glibc${found.glibc}`
  return { system, release: `${field('ID') || 'linux'}${field('VERSION_ID')}.${library}`, arch: found.arch }
}
