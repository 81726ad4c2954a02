import { expect, test } from 'vitest'
import { restrictToUser, windowsUser } from '../../src/platform/permissions.ts'

const folder = 'D:\\a\\_temp\\go-deps-credentials-x'
const user = '*S-1-5-21-1-2-3-1001'

/** Records the icacls commands, and fails one of them. */
function rights(options: { failsAt?: string; canWrite?: boolean; user?: string | undefined } = {}) {
  const commands: string[] = []
  const fault = restrictToUser(
    folder,
    'user' in options ? options.user : user,
    (args) => {
      commands.push(args.join(' '))
      return options.failsAt === undefined || !args.includes(options.failsAt)
    },
    () => options.canWrite ?? true,
  )
  return { told: commands, fault }
}

const [grant, take, reset] = [
  `${folder} /grant:r ${user}:(OI)(CI)F`,
  `${folder} /inheritance:r`,
  `${folder} /reset`,
]

test('grants the user an own right before it removes those of others', () => {
  expect(rights()).toEqual({ told: [grant, take], fault: undefined })
})

test('removes nothing if the grant fails', () => {
  expect(rights({ failsAt: '/grant:r' })).toEqual({
    told: [grant],
    fault: `${user} cannot be given permissions`,
  })
  expect(rights({ user: undefined })).toEqual({ told: [], fault: 'the name of this user is unknown' })
})

test('restores everything if the user could no longer write', () => {
  expect(rights({ canWrite: false })).toEqual({
    told: [grant, take, reset],
    fault: `${user} could no longer write there`,
  })
  expect(rights({ failsAt: '/inheritance:r' }).fault).toBe('inherited permissions cannot be removed')
})

test.each([
  ['"runner\\me","S-1-5-21-1-2-3-1001"\r\n', '*S-1-5-21-1-2-3-1001'],
  ['"nt authority\\network service","S-1-5-20"\r\n', '*S-1-5-20'],
  // Some systems know no format but a table.
  ['User Name SID\r\n========= ========\r\nVM\\me S-1-5-21-1-2-3-1000\r\n', '*S-1-5-21-1-2-3-1000'],
  // Without a name for the user, the column is empty.
  ['"","S-1-5-18"\r\n', '*S-1-5-18'],
])('identifies the user by the answer of whoami: %j', (answer, expected) => {
  expect(windowsUser(answer, { USERDOMAIN: 'WORKGROUP', USERNAME: 'MACHINE$' })).toBe(expected)
})

test.each([
  [{ USERDOMAIN: 'RUNNER', USERNAME: 'me' }, 'RUNNER\\me'],
  [{ UserDomain: 'RUNNER', UserName: 'me' }, 'RUNNER\\me'],
  [{ USERNAME: 'me' }, 'me'],
  // A service: the variables name the account of the machine.
  [{ USERDOMAIN: 'WORKGROUP', USERNAME: 'MACHINE$' }, undefined],
  [{}, undefined],
])('without whoami, identifies the user by its variables: %j', (variables, expected) => {
  for (const answer of [undefined, '', 'ERROR: no such option'])
    expect(windowsUser(answer, variables)).toBe(expected)
})
