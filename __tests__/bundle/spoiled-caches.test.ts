import { expect, test } from 'vitest'
import { startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { smallModule } from '../harness/small-module.ts'
import { isRoot, unprivileged } from '../harness/unprivileged.ts'
import { isUnix } from '../temporary.ts'

/** Adds files to both caches that Go never writes, and makes parts of them unreadable. */
const corrupt = `set -e
go build ./...
zeros=${'0'.repeat(60)}
mkdir -p "$GOCACHE/00" "$GOCACHE/other"
mkfifo "$GOCACHE/00/0001$zeros-a" "$GOCACHE/00/0002$zeros-d" "$GOCACHE/00/go-deps-action-x.json"
ln -s /etc/hostname "$GOCACHE/00/0003$zeros-a"
mkdir "$GOCACHE/00/0004$zeros-a"
printf x > "$GOCACHE/other/file"
data=$(find "$GOCACHE" -name '*-d' -size +0 | head -n 1)
chmod u+w "$data" && printf x >> "$data"
mkdir -p "$GOMODCACHE/cache/download/example.com/closed/@v" "$GOMODCACHE/cache/download/Upper.com/X/@v"
printf x > "$GOMODCACHE/cache/download/Upper.com/X/@v/v1.0.0.mod"
chmod 000 "$GOMODCACHE/cache/download/example.com/closed"
action=$(find "$GOCACHE" -name '*-a' | tail -n 1)
chmod 000 "$action"
`

test.runIf(isUnix)('files that a step corrupts in a cache are excluded, and the rest is saved', async () => {
  const bed = await startBed()
  await bed.repository(undefined, smallModule('', '1.24'))
  const job = isRoot ? unprivileged(bed) : {}
  const { main, shell, post } = await runnerJob(bed, { ...job, run: corrupt })
  expect([main.exitCode, shell?.exitCode, post.exitCode], `${shell?.stderr}\n${post.log}`).toEqual([0, 0, 0])
  expect([...said(main, 'warning'), ...said(post, 'warning')], post.log).toEqual([])
  for (const name of ['Module', 'Build']) expect(post.stdout).toContain(`${name} cache: saved`)
  expect(post.stdout).toMatch(/^Omitted from the entry: \S*example\.com\/closed cannot be read: /m)

  // Git does not clone repositories of another user.
  await bed.repository(undefined, smallModule('', '1.24'))
  const next = await runnerJob(bed, { run: 'go build ./...' })
  expect(next.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
  expect([next.shell?.exitCode, ...said(next.main, 'warning')], next.main.log).toEqual([0])
})
