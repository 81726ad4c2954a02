import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { isCausedByFiles } from '../../src/gocmd/explain/explain.ts'

const texts = path.join(import.meta.dirname, 'texts')
/** What Go says where a module's own files are the reason, by the beginnings of the names. */
const ofFiles =
  /^(?:go-mod-|go-work-|replacement-|sum-missing-|sum-malformed\.txt|too-old|vendor-|workspace-(?!mod|work-vendor)|toolchain-(?:absent|path|proxy-off)\.)/

test.each(readdirSync(texts))('%s', (name) => {
  const text = readFileSync(path.join(texts, name), 'utf8')
  // What one version of Go refuses, another may not.
  expect(isCausedByFiles(text)).toBe(ofFiles.test(name) && !text.startsWith('no failure'))
})
