import * as path from 'node:path'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { runProcess, type User } from '../../testbed/process.ts'

/** The two versions of Go whose output is recorded: the oldest supported one, and the one on PATH. */
export const goChoices = ['oldest', 'current'] as const
export type GoChoice = (typeof goChoices)[number]

/** One run of the go command. */
export interface GoRun {
  readonly args: readonly string[]
  readonly cwd: string
  /** Writable folder: HOME, GOPATH, the caches and temporary files are below it. */
  readonly state: string
  /** Variables that this run adds or replaces. */
  readonly env?: Readonly<Record<string, string>>
  readonly user?: User | undefined
}

/** One of the two, as it is installed here. */
export interface InstalledGo {
  readonly choice: GoChoice
  /** Absolute path of the go program. */
  readonly program: string
  /** Without the prefix `go`, such as 1.21.13. */
  readonly version: string
  /** GOOS/GOARCH. */
  readonly platform: string
}

/** Returns the Go of a choice; downloads the oldest one if it is missing. */
export async function installedGo(choice: GoChoice): Promise<InstalledGo> {
  // Outside a module, so that no go.mod requires another version.
  const { stdout } = await runProcess({
    command: choice === 'oldest' ? path.join(await goRoot(oldestGo), 'bin', 'go') : 'go',
    args: ['env', 'GOROOT', 'GOVERSION', 'GOOS', 'GOARCH'],
    cwd: path.parse(import.meta.dirname).root,
    env: { PATH: process.env.PATH ?? '', GOENV: 'off', GOTOOLCHAIN: 'local', HOME: process.env.HOME ?? '' },
  })
  const [root = '', version = '', goos = '', goarch = ''] = stdout.split('\n')
  return {
    choice,
    program: path.join(root, 'bin', 'go'),
    version: version.slice('go'.length),
    platform: `${goos}/${goarch}`,
  }
}

/**
 * Runs the go command without the caller's settings and caches: it sends no request, switches to no other Go
 * and checks no checksum database unless `env` enables that.
 *
 * @returns its exit code and its output
 * @throws Error when it cannot be started
 */
export async function runGo(
  { program }: InstalledGo,
  { args, cwd, state, env, user }: GoRun,
): Promise<{ readonly exitCode: number; readonly stderr: string }> {
  return runProcess({
    command: program,
    args,
    cwd,
    user,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: state,
      LC_ALL: 'C',
      TMPDIR: state,
      // The certificates of the machine do not matter here.
      SSL_CERT_FILE: path.join(state, 'none'),
      SSL_CERT_DIR: path.join(state, 'none'),
      GOENV: 'off',
      GOPATH: path.join(state, 'go'),
      GOCACHE: path.join(state, 'build'),
      GOFLAGS: '-modcacherw',
      GOPROXY: 'off',
      GOSUMDB: 'off',
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      ...env,
    },
  })
}
