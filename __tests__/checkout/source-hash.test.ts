import * as path from 'node:path'
import { expect, test } from 'vitest'
import { hashSource } from '../../src/checkout/source-hash.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

test('without git the source hash covers the project, but not what a job downloads into it', async () => {
  const workspace = temporaryFolder()
  writeFiles(workspace, { 'go.mod': 'module m\n', 'main.go': 'package main\n' })
  const otherFolders = ['gopath/pkg', 'build'].map((name) => path.join(workspace, name))
  const source = () => hashSource(workspace, [workspace], process.env, otherFolders)
  const before = await source()
  expect(before).toHaveLength(4)
  writeFiles(workspace, {
    'gopath/pkg/mod/example.com/x@v1.0.0/x.go': 'package x\n',
    'old/example.com/x@v1.0.0/x.go': 'package x\n',
    'build/00/00-a': 'x',
  })
  expect(await source()).toEqual(before)
  writeFiles(workspace, { 'gopath/src/y.go': 'package y\n' })
  expect(await source()).not.toEqual(before)
})
