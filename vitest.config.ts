import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run from sources: the packages' export condition points at src.
  resolve: { conditions: ['@petrel/source'] },
  ssr: { resolve: { conditions: ['@petrel/source', 'node'] } },
  // Nest finds what to inject in the parameter types that TypeScript writes beside a decorator. The packages'
  // tsconfig.json leaves their tests out, so the transform does not find these two settings by itself.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: [
      '{packages,examples}/*/src/**/*.test.ts',
      '{conformance,simulation,fuzzing,benchmarks}/src/**/*.test.ts',
      'tests/**/*.test.ts',
    ],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
