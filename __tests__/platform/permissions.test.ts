import { expect, test } from 'vitest'
import { restrictToUser } from '../../src/platform/permissions.ts'

const folder = 'D:\\a\\_temp\\go-deps-credentials-x'
const user = { USERDOMAIN: 'RUNNER', USERNAME: 'me' }

/** Records the icacls commands, and fails one of them. */
function rights(options: { failsAt?: string; canWrite?: boolean; variables?: Record<string, string> } = {}) {
  const commands: string[] = []
  const fault = restrictToUser(
    folder,
    options.variables ?? user,
    (args) => {
      commands.push(args.join(' '))
      return options.failsAt === undefined || !args.includes(options.failsAt)
    },
    () => options.canWrite ?? true,
  )
  return { told: commands, fault }
}

const [grant, take, reset] = [
  `${folder} /grant:r RUNNER\\me:(OI)(CI)F`,
  `${folder} /inheritance:r`,
  `${folder} /reset`,
]

test('grants the user an own right before it removes those of others', () => {
  expect(rights()).toEqual({ told: [grant, take], fault: undefined })
  expect(rights({ variables: { USERNAME: 'me' } }).told[0]).toBe(`${folder} /grant:r me:(OI)(CI)F`)
})

test('removes nothing if the grant fails', () => {
  expect(rights({ failsAt: '/grant:r' })).toEqual({
    told: [grant],
    fault: 'RUNNER\\me cannot be given permissions',
  })
  expect(rights({ variables: {} })).toEqual({ told: [], fault: 'the name of this user is unknown' })
})

test('restores everything if the user could no longer write', () => {
  expect(rights({ canWrite: false })).toEqual({
    told: [grant, take, reset],
    fault: 'RUNNER\\me could no longer write there',
  })
  expect(rights({ failsAt: '/inheritance:r' }).fault).toBe('inherited permissions cannot be removed')
})
