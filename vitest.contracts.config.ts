import { defineConfig } from 'vitest/config'
import { hideMachineVariables } from './testbed/environment.ts'

hideMachineVariables()

// Apart from the other tests, because Azurite must be installed first: npm run test:contracts.
export default defineConfig({
  test: { include: ['__tests__/contracts/**/*.contract.ts'], hookTimeout: 60_000 },
})
