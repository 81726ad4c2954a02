import { describe, expect, test } from 'vitest'
import { BadOption, parseOptions, usage } from '../../bench/options.ts'

const names = ['unchanged', 'bump']
const parse = (...args: string[]) => parseOptions(args, names)

describe('options of the bench', () => {
  test('have defaults', () => {
    expect(parse()).toEqual({
      only: [],
      quick: false,
      pairs: undefined,
      bandwidth: 100,
      latency: 20,
      testSeconds: 20,
      json: undefined,
      action: undefined,
      setupGo: undefined,
      logs: undefined,
      write: false,
    })
  })

  test('name scenarios, with or without --only', () => {
    expect(parse('bump', '--only', 'unchanged')).toMatchObject({ only: ['unchanged', 'bump'] })
  })

  test('take numbers', () => {
    const options = parse('--pairs', '5', '--bandwidth=12.5', '--latency', '0', '--test-seconds', '60')
    expect(options).toMatchObject({ pairs: 5, bandwidth: 12.5, latency: 0, testSeconds: 60 })
  })

  test('shorten the tests of a quick run', () => {
    expect(parse('--quick')).toMatchObject({ quick: true, testSeconds: 1 })
  })

  test('take the folder of setup-go, else from the environment', () => {
    expect(parse('--setup-go', 'here')).toMatchObject({ setupGo: 'here' })
    expect(parseOptions([], names, { BENCH_SETUP_GO: 'there' })).toMatchObject({ setupGo: 'there' })
    expect(parseOptions(['--setup-go=here'], names, { BENCH_SETUP_GO: 'there' })).toMatchObject({
      setupGo: 'here',
    })
    expect(parseOptions([], names, { BENCH_SETUP_GO: '' })).toMatchObject({ setupGo: undefined })
  })

  test('request help', () => {
    expect(parse('--help', '--pairs', 'x')).toBe('help')
    expect(usage(names)).toContain('Scenarios: unchanged, bump')
  })

  test.each([
    [['nothing'], 'There is no scenario "nothing". There are: unchanged, bump.'],
    [['--only', 'Bump'], 'There is no scenario "Bump". There are: unchanged, bump.'],
    [['--pairs', '0'], '--pairs is "0": it must be a number, 1 or more.'],
    [['--pairs', '1.5'], '--pairs is "1.5": it must be a whole number, 1 or more.'],
    [['--pairs', ''], '--pairs is "": it must be a number, 1 or more.'],
    [['--bandwidth', 'fast'], '--bandwidth is "fast": it must be a number, 0.1 or more.'],
    [['--bandwidth', 'Infinity'], '--bandwidth is "Infinity": it must be a number, 0.1 or more.'],
    [['--latency=-1'], '--latency is "-1": it must be a number, 0 or more.'],
    [['--slow'], "Unknown option '--slow'"],
    [['--json'], '--json'],
    [['--quick=yes'], '--quick'],
    [['--quick', '--write'], '--write keeps what --quick measures'],
    [['--action', 'x', '--write'], '--write keeps results of this repository'],
  ])('rejects %j', (args, why) => {
    expect(() => parse(...args)).toThrow(BadOption)
    expect(() => parse(...args)).toThrow(why)
  })
})
