import { type Machine, machine } from '../system/environment.ts'
import { readText } from '../system/files.ts'

/** The machine as a build sees it. */
export interface Image {
  /** linux, macos or windows. */
  readonly system: string
  /** The system's release and C library, such as `ubuntu24.04.glibc2.39`. */
  readonly release: string
  readonly arch: string
}

const systems: Partial<Record<NodeJS.Platform, string>> = { darwin: 'macos', win32: 'windows' }

/** Looks at the machine; inside a container that is the container's image, not its host's. */
export function lookAtImage(): Image {
  return imageOf(machine(), readText('/etc/os-release') ?? '')
}

/**
 * Describes a machine by what decides whether its objects can be used on another.
 *
 * @param found what the system says of itself
 * @param osRelease the text of /etc/os-release (man 5 os-release); empty where there is none
 */
export function imageOf(found: Machine, osRelease: string): Image {
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
