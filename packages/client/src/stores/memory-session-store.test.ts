import { expect, test } from 'vitest';
import { MemorySessionStore } from './memory-session-store.js';
import { sessionStoreCases } from './session-store.suite.js';

test.each(sessionStoreCases)('in memory: $name', async ({ observe, expected }) => {
  expect(await observe(new MemorySessionStore())).toEqual(expected);
});
