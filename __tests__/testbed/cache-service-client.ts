// A program of its own, because @actions/cache reads its environment and works in the current directory.
// Its argument says what to do, as JSON; the last line of its output says what came of it.
import { restoreCache, saveCache } from '@actions/cache'

/** What the program is asked for. */
export type ClientRequest =
  | { readonly save: string }
  | { readonly restore: string; readonly restoreKeys?: readonly string[]; readonly lookupOnly?: boolean }

const request = JSON.parse(process.argv[2] ?? '') as ClientRequest
// The same relative path on both sides, as it is part of an entry's version.
const paths = ['data']
const answer =
  'save' in request
    ? await saveCache(paths, request.save)
    : await restoreCache(paths, request.restore, [...(request.restoreKeys ?? [])], {
        lookupOnly: request.lookupOnly ?? false,
      })
process.stdout.write(`\n${JSON.stringify(answer ?? null)}\n`)
