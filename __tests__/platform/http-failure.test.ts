import { describe, expect, test } from 'vitest'
import { isTransientStatus, quotable } from '../../src/platform/http-failure.ts'

describe('isTransientStatus', () => {
  test.each([
    [408, true],
    [429, true],
    [500, true],
    [503, true],
    [501, false],
    [404, false],
    [412, false],
    [200, false],
  ])('%i: %j', (status, isTransient) => {
    expect(isTransientStatus(status)).toBe(isTransient)
  })
})

describe('quotable', () => {
  test('quotes only code and message of an error in XML', () => {
    const xml =
      '<?xml version="1.0"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>No match.</Message><CanonicalRequest>x-amz-security-token:secret</CanonicalRequest><AuthenticationErrorDetail>secret</AuthenticationErrorDetail></Error>'
    expect(quotable(xml)).toBe('SignatureDoesNotMatch: No match.')
    expect(quotable('<Error><Code>Busy</Code></Error>')).toBe('Busy')
  })

  test('quotes other text, at most 1,000 characters, without signatures of addresses', () => {
    expect(quotable('  slow down \n')).toBe('slow down')
    expect(quotable('x'.repeat(5000))).toHaveLength(1000)
    const page =
      '<a href="https://h/b?X-Amz-Credential=id&X-Amz-Signature=aa11&X-Amz-Security-Token=t%2F1&sv=1&sig=b%3D">'
    expect(quotable(page)).toBe(
      '<a href="https://h/b?X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Security-Token=***&sv=1&sig=***">',
    )
  })
})
