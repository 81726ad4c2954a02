import { expect, test } from 'vitest'
import { detectMachineImage, machineImageOf } from '../../src/platform/machine.ts'

const linux = { platform: 'linux', arch: 'x64', release: '6.1.0', glibc: '2.39' } as const

test.each([
  [
    linux,
    'NAME="Ubuntu"\nID=ubuntu\nVERSION_ID="24.04"\n',
    { system: 'linux', release: 'ubuntu24.04.glibc2.39', arch: 'x64' },
  ],
  [
    { ...linux, glibc: undefined },
    'ID=alpine\nVERSION_ID=3.20.1\n',
    { system: 'linux', release: 'alpine3.20.1.musl', arch: 'x64' },
  ],
  [linux, '', { system: 'linux', release: 'linux.glibc2.39', arch: 'x64' }],
  [
    { ...linux, platform: 'darwin', release: '24.5.0', arch: 'arm64' },
    '',
    { system: 'macos', release: '24', arch: 'arm64' },
  ],
  [
    { ...linux, platform: 'win32', release: '10.0.26100' },
    '',
    { system: 'windows', release: '26100', arch: 'x64' },
  ],
] as const)('%j', (machine, osRelease, image) => {
  expect(machineImageOf(machine, osRelease)).toEqual(image)
})

test('reads system, release and architecture of this machine', () => {
  const image = detectMachineImage()
  expect(Object.values(image).every((value) => value !== '')).toBe(true)
})
