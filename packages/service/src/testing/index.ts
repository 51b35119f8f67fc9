/** What tests of services need: a broker in the same process, awaitable messages, time that a test moves. */
export { Harness, type HarnessConnection, type HarnessOptions, startHarness } from './harness.js';
export type { SeenMessage } from './seen-messages.js';
