import { expect, test } from 'vitest'
import { restrictToUser } from '../../src/platform/permissions.ts'

const folder = 'D:\\a\\_temp\\go-deps-credentials-x'
const user = { USERDOMAIN: 'RUNNER', USERNAME: 'me' }

/** Notes what icacls is told, and fails at one of its commands. */
function rights(options: { failsAt?: string; canWrite?: boolean; variables?: Record<string, string> } = {}) {
  const told: string[] = []
  const fault = restrictToUser(
    folder,
    options.variables ?? user,
    (args) => {
      told.push(args.join(' '))
      return options.failsAt === undefined || !args.includes(options.failsAt)
    },
    () => options.canWrite ?? true,
  )
  return { told, fault }
}

const [grant, take, reset] = [
  `${folder} /grant:r RUNNER\\me:(OI)(CI)F`,
  `${folder} /inheritance:r`,
  `${folder} /reset`,
]

test('the user gets a right of his own before those of others go', () => {
  expect(rights()).toEqual({ told: [grant, take], fault: undefined })
  expect(rights({ variables: { USERNAME: 'me' } }).told[0]).toBe(`${folder} /grant:r me:(OI)(CI)F`)
})

test('nothing is taken away where he cannot be given one', () => {
  expect(rights({ failsAt: '/grant:r' })).toEqual({
    told: [grant],
    fault: 'RUNNER\\me cannot be given rights',
  })
  expect(rights({ variables: {} })).toEqual({ told: [], fault: 'nothing tells who this user is' })
})

test('all is put back where he could no longer write', () => {
  expect(rights({ canWrite: false })).toEqual({
    told: [grant, take, reset],
    fault: 'RUNNER\\me could not write there any more',
  })
  expect(rights({ failsAt: '/inheritance:r' }).fault).toBe('inherited rights cannot be taken away')
})
