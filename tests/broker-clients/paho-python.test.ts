/** Eclipse Paho for Python against our broker. */
import { fileURLToPath } from 'node:url';
import { describePeer, findPaho, pathOf } from '@petrel/testing';
import { foreignClientSuite } from './foreign-client.suite.js';
import { programClient } from './program-client.js';

const program = fileURLToPath(new URL('paho-client.py', import.meta.url));

describePeer(findPaho(), 'Paho for Python', () => {
  foreignClientSuite(programClient(() => ({ command: pathOf(findPaho()), args: [program] })));
});
