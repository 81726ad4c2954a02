import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { bareEnvironment, goTool } from './go-tool-server.ts'

/** A real server of version 1 of the cache service, on 127.0.0.1. */
export interface Version1CacheServer {
  /** What its runner sets for a job. */
  readonly environment: () => Record<string, string>
  /** Ends the process by its id, and waits for that. */
  readonly stop: () => Promise<void>
}

/** The servers whose code testbed/cache-servers builds. */
export type Version1CacheServerName = 'act' | 'gitea'

/** What the runners set besides the cache's address, as far as it can lead a client astray. */
const runnerVariables: Readonly<Record<Version1CacheServerName, Readonly<Record<string, string>>>> = {
  act: { GITHUB_SERVER_URL: 'https://github.com' },
  gitea: {
    GITHUB_SERVER_URL: 'https://gitea.example.com',
    // The address of the instance, which keeps artifacts and knows no cache.
    ACTIONS_RESULTS_URL: 'http://127.0.0.1:9',
    // Newer runners set it, and actions such as sccache-action export it.
    ACTIONS_CACHE_SERVICE_V2: 'on',
  },
}

/**
 * Starts the cache server of act or of Gitea's runner.
 *
 * @param folder absolute path of its storage
 */
export async function startVersion1CacheServer(
  name: Version1CacheServerName,
  folder: string,
): Promise<Version1CacheServer> {
  const child: ChildProcess = spawn(goTool(`${name}-cache-server`), [folder], {
    env: bareEnvironment(folder),
    stdio: ['ignore', 'pipe', 'inherit'],
    windowsHide: true,
  })
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const [url] = await Promise.race([once(lines, 'line'), ended])
  if (!String(url).startsWith('http:')) throw new Error(`the cache server of ${name} does not start`)
  return {
    environment: () => ({
      ...runnerVariables[name],
      ACTIONS_CACHE_URL: `${url}/`,
      ACTIONS_RUNTIME_TOKEN: 'token',
    }),
    stop: async () => {
      child.kill()
      await ended
    },
  }
}
