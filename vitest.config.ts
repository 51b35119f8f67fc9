import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run from sources: the packages' export condition points at src.
  resolve: { conditions: ['@petrel/source'] },
  ssr: { resolve: { conditions: ['@petrel/source', 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
