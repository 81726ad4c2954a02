/** The cached test results: finds the files that they depend on, and makes their mtimes stable. */

export { collectTestInputs } from './collect.ts'
export { isAbsoluteName, isTestLog, logStart, testLogNames } from './test-log.ts'
export { prepareTestCache } from './testcache.ts'
