import { expect, test } from 'vitest'
import { moduleRoot } from '../../src/gofiles/cache-layout.ts'

test.each([
  ['github.com/!burnt!sushi/toml@v1.2.3', 'github.com/BurntSushi/toml@v1.2.3', 'tree'],
  ['gopkg.in/yaml.v3@v3.0.1', 'gopkg.in/yaml.v3@v3.0.1', 'tree'],
  ['example.com/a@v2.0.0+incompatible', 'example.com/a@v2.0.0+incompatible', 'tree'],
  ['cache/download/example.com/!a/@v/v1.0.0-!r!c1.mod', 'example.com/A@v1.0.0-RC1', 'mod'],
  ['cache/download/example.com/a/@v/v1.0.0.info', 'example.com/a@v1.0.0', 'info'],
  ['cache/download/example.com/a/@v/v1.0.0.ziphash', 'example.com/a@v1.0.0', 'ziphash'],
  ['cache/download/example.com/a/@v/v1.0.0.zip', 'example.com/a@v1.0.0', 'zip'],
] as const)('%s belongs to %s: %s', (root, name, kind) => {
  expect(moduleRoot(root)).toEqual({ name, kind })
})

test.each([
  'cache/download/example.com/a/@v/list',
  'cache/download/example.com/a/@v/v1.0.0.lock',
  'cache/download/example.com/a/@latest',
  'cache/download/sumdb/sum.example.com/latest',
  'cache/download/Example.com/A/@v/v1.0.0.mod',
  'cache/download/../a/@v/v1.0.0.mod',
  'cache/vcs/0123/config',
  'cache/lock',
  'example.com/a',
  'example.com/a@v1.0.0/sub',
  'Example.com/a@v1.0.0',
  '../example.com/a@v1.0.0',
])('%s belongs to no module', (root) => {
  expect(moduleRoot(root)).toBeUndefined()
})
