/** Eclipse Paho for C against our broker. */
import { fileURLToPath } from 'node:url';
import { type CompiledProgram, compilePahoC, describePeer, findPahoC } from '@petrel/testing';
import { afterAll, beforeAll } from 'vitest';
import { foreignClientSuite } from './foreign-client.suite.js';
import { programClient } from './program-client.js';

const source = fileURLToPath(new URL('paho-client.c', import.meta.url));

describePeer(findPahoC(), 'Paho for C', () => {
  let program: CompiledProgram;
  beforeAll(async () => {
    program = await compilePahoC(source);
  }, 60_000);
  afterAll(() => program?.remove());

  foreignClientSuite(programClient(() => ({ command: program.path })));
});
