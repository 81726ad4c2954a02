import { expect, test } from 'vitest'
import { parseOutputCommands } from '../../../src/platform/cache-client/client.ts'

test('annotationsOf sorts the output of the cache client by level', () => {
  const output = [
    '::add-mask::secret%25',
    '::debug::a%0Ab',
    'Cache hit for: k',
    '::warning::Failed to restore: 503',
    '::error title=x::broken\r',
    '::group::more',
    '',
  ].join('\n')
  expect(parseOutputCommands(output)).toEqual({
    masks: ['secret%'],
    debugLines: ['a\nb', 'Cache hit for: k', 'more'],
    annotations: [
      { level: 'warning', text: 'Failed to restore: 503' },
      { level: 'error', text: 'broken' },
    ],
  })
})
