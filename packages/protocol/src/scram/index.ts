/** SCRAM-SHA-256 as far as it needs no cryptography: one truth for what client and broker say to each other. */
export * from './messages.js';
export { prepareScramText as prepareText } from './prepare.js';
