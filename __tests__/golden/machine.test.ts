import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe } from 'vitest'
import { isOpenToNobody, isRoot, nobody } from '../harness/unprivileged.ts'
import { appWith, goMod, lib } from './fixtures.ts'
import { type Arranged, failingGo, type Scene } from './golden.ts'

describe('GOFLAGS', () => {
  const list = { files: { 'go.mod': goMod(), 'main.go': 'package main\n' }, args: ['list'] }

  failingGo('goflags-unknown', 'holds a flag that no command has', {
    ...list,
    arrange: () => ({ env: { GOFLAGS: '-modcacherw -nosuch' } }),
    explained: {
      title: 'GOFLAGS cannot be read',
      cause: 'GOFLAGS has -nosuch, which is not a flag of any go command.',
      fix: 'Remove -nosuch from GOFLAGS. If it belongs to another flag, write quotes around a whole flag that has blanks, as in GOFLAGS="\'-ldflags=-s -w\'".',
      places: [],
    },
  })

  failingGo('goflags-word', 'holds a word that is no flag', {
    ...list,
    arrange: () => ({ env: { GOFLAGS: 'mod=vendor' } }),
    explained: {
      title: 'GOFLAGS cannot be read',
      cause: 'GOFLAGS has "mod=vendor", which does not begin with a dash.',
      fix: 'Write each flag as -flag or -flag=value, and quotes around a whole flag that has blanks, as in GOFLAGS="\'-ldflags=-s -w\'".',
      places: [],
    },
  })

  failingGo('goflags-quotes', 'holds a quote without an end', {
    ...list,
    arrange: () => ({ env: { GOFLAGS: "'-ldflags=-s" } }),
    explained: {
      title: 'GOFLAGS cannot be read',
      cause: "GOFLAGS cannot be split into flags: unterminated ' string.",
      fix: 'Write quotes around a whole flag that has blanks, as in GOFLAGS="\'-ldflags=-s -w\'".',
      places: [],
    },
  })
})

describe('the module cache', () => {
  failingGo('cache-is-a-file', 'is a file', {
    files: appWith(lib),
    modules: [lib],
    args: ['mod', 'download', 'example.com/lib@v1.0.0'],
    arrange: ({ folder }) => {
      const file = path.join(folder, 'file')
      writeFileSync(file, '')
      return { env: { GOMODCACHE: file } }
    },
    explained: {
      title: 'GOMODCACHE is not a directory',
      cause: 'The module cache cannot be at <dir>/file, which is a file.',
      fix: 'Remove the file, or set GOMODCACHE to a directory.',
      places: [],
    },
  })
})

/** Runs Go as a user that may write everywhere below the scene's folder except in one folder. */
const closed =
  (which: (scene: Scene) => string) =>
  (scene: Scene): Arranged => {
    const folder = which(scene)
    mkdirSync(folder, { recursive: true })
    for (const name of ['.', ...readdirSync(scene.folder)]) chmodSync(path.join(scene.folder, name), 0o777)
    chmodSync(folder, 0o555)
    // Permissions do not bind root.
    return isRoot ? { user: nobody } : {}
  }

describe.runIf(!isRoot || isOpenToNobody)('a folder is not writable', () => {
  failingGo('denied-vendor', 'that gets a vendor directory', {
    files: appWith(lib),
    modules: [lib],
    args: ['mod', 'vendor'],
    arrange: closed(({ work }) => work),
    explained: {
      title: 'no permission to write',
      cause:
        'Go must write the vendor directory, but the user of this job may not (<dir>/work/vendor: permission denied).',
      fix: 'Give the user of the job write access with `sudo chown -R "$(id -u)" <dir>/work`, or run Go where the vendor directory is writable.',
      places: [],
    },
  })

  failingGo('denied-sum', 'that gets a go.sum', {
    files: { 'go.mod': goMod('require example.com/lib v1.0.0') },
    modules: [lib],
    args: ['mod', 'download', 'example.com/lib'],
    arrange: closed(({ work }) => work),
    explained: {
      title: 'no permission to write',
      cause: 'Go must write go.sum, but the user of this job may not (<dir>/work/go.sum: permission denied).',
      fix: 'Give the user of the job write access with `sudo chown -R "$(id -u)" <dir>/work`, or run Go where go.sum is writable.',
      places: [],
    },
  })

  failingGo('denied-cache', 'that is the module cache', {
    files: appWith(lib),
    modules: [lib],
    args: ['mod', 'download'],
    arrange: (scene) => {
      const cache = path.join(scene.folder, 'modules')
      return { ...closed(() => cache)(scene), env: { GOMODCACHE: cache } }
    },
    explained: {
      title: 'no permission to write',
      cause:
        'Go must write the module cache, but the user of this job may not (<dir>/modules/cache: permission denied).',
      fix: 'Give the user of the job write access with `sudo chown -R "$(id -u)" <dir>/modules`, or set GOMODCACHE to a writable directory.',
      places: [],
    },
  })

  failingGo('denied-cache-parent', 'that gets the module cache', {
    files: appWith(lib),
    modules: [lib],
    args: ['mod', 'download'],
    arrange: (scene) => {
      const parent = path.join(scene.folder, 'caches')
      return { ...closed(() => parent)(scene), env: { GOMODCACHE: path.join(parent, 'modules') } }
    },
    explained: {
      title: 'no permission to write',
      cause:
        'Go must write the module cache, but the user of this job may not (<dir>/caches/modules: permission denied).',
      fix: 'Give the user of the job write access with `sudo chown -R "$(id -u)" <dir>/caches`, or set GOMODCACHE to a writable directory.',
      places: [],
    },
  })
})
