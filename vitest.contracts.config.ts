import { defineConfig } from 'vitest/config'

// Apart from the other tests, because Azurite must be installed first: npm run test:contracts.
export default defineConfig({
  test: { include: ['__tests__/contracts/**/*.contract.ts'], hookTimeout: 60_000 },
})
