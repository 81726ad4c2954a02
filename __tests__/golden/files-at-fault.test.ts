import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { isCausedByFiles } from '../../src/gocmd/explain/explain.ts'

const texts = path.join(import.meta.dirname, 'texts')
/** Failures caused by the module's own files, by the prefix of their names. */
const ofFiles =
  /^(?:go-mod-|go-work-|replacement-|sum-missing-|sum-malformed\.txt|too-old|vendor-|workspace-(?!mod|work-vendor)|toolchain-(?:absent|path|proxy-off)\.)/

test.each(readdirSync(texts))('%s', (name) => {
  const text = readFileSync(path.join(texts, name), 'utf8')
  // One version of Go may accept what another rejects.
  expect(isCausedByFiles(text)).toBe(ofFiles.test(name) && !text.startsWith('no failure'))
})
