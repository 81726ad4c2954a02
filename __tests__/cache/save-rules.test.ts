import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { planSave, refusalText, refuse, saveRules, saveRulesTable } from '../../src/cache/save-rules.ts'
import type { State } from '../../src/state.ts'

const source = path.resolve(import.meta.dirname, '../../src')

/** The text of src without the table of rules. */
const code = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('save-rules.ts'))
  .map((file) => readFileSync(path.join(source, file), 'utf8'))
  .join('\n')

const state: State = {
  ...{
    version: 1,
    folder: '/f',
    began: 0,
    ended: 0,
    warned: false,
    backend: 'auto',
    save: 'yes',
    why: 'the policy',
  },
  ...{ saveBuildOnFailure: false, keepsPrivate: false, maxSize: 1, summary: 'always' },
}

describe('saveRules', () => {
  test('have different names', () => {
    expect(new Set(saveRules.map(({ id }) => id)).size).toBe(saveRules.length)
  })

  test.each(saveRules)('$id decides somewhere', (rule) => {
    // The plan of post evaluates those with a condition of their own.
    expect(rule.holds !== undefined || code.includes(`'${rule.id}'`)).toBe(true)
  })

  test('the order decides when several hold', () => {
    const plan = planSave({ ...state, save: 'no' }, 'cancelled')
    expect(plan.modules).toMatchObject({ refusal: { rule: 'policy' }, why: 'the policy' })
    expect(planSave(state, 'cancelled').build).toMatchObject({ refusal: { rule: 'cancelled' } })
    expect(planSave(state, 'success').toolchain).toMatchObject({ refusal: { rule: 'no-toolchain' } })
  })

  test('a step with `restore` saves nothing, and nothing is saved twice', () => {
    const refusals = (given: Partial<State>) => {
      const { modules, build } = planSave({ ...state, ...given }, 'success')
      return [modules, build].map((one) => (one.save ? undefined : one.refusal.rule))
    }
    expect(refusals({ restoresOnly: true })).toEqual(['restores-only', 'restores-only'])
    expect(refusals({ saved: ['modules'] })).toEqual(['saved-before', 'build-off'])
    expect(refusals({ restoresOnly: true, saved: ['build'] })).toEqual(['restores-only', 'saved-before'])
    expect(refuse({ rule: 'saved-before' }).upToDate).toBe(true)
  })

  test('the log gets the text with its values, and no placeholder', () => {
    const refusal = { rule: 'missing-modules', values: { needed: 4, missing: 1 } } as const
    expect(refusalText(refusal)).toBe('the job failed, and 1 of 4 required modules are missing')
    expect(refuse(refusal)).toMatchObject({ saved: false, rule: 'missing-modules' })
    expect(refuse(refusal).upToDate).toBeUndefined()
    expect(refuse({ rule: 'exists' }).upToDate).toBe(true)
  })

  test('the documentation has a row for each', () => {
    const docs = readFileSync(path.resolve(source, '../docs/caching.md'), 'utf8')
    expect(docs).toContain(saveRulesTable())
    expect(saveRulesTable().split('\n')).toHaveLength(saveRules.length + 2)
  })
})
