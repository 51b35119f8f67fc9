/** What tests of NestJS applications need: their servers and clients on a broker in the same process, with time that a test moves. */

export type { HarnessOptions, SeenMessage } from '@petrel/service/testing';
export { NestHarness, startNestHarness } from './nest-harness.js';
