/**
 * A replica that a test kills. Arguments: URL, Client Identifier, Session Expiry Interval, ShareName (may be missing). Its handler takes its time; what it has begun and ended
 * stands in its output.
 */
import { systemClock } from '@petrel/client';
import { createService } from './create-service.js';
import type { HandlerContext } from './handler.js';

const [url = '', clientIdentifier = '', expiry, group] = process.argv.slice(2);
const sessionExpiryInterval = Number(expiry);
const cleanStart = sessionExpiryInterval === 0;
const session = { clientIdentifier, cleanStart, sessionExpiryInterval };
// Whoever is going to be killed is in the middle of its first message by then.
let holds = process.env.PETREL_TEST_HOLDS === '1';
const work = async (_: unknown, { parameters: { number } }: HandlerContext<'jobs/:number'>) => {
  console.log(`begin ${number}.`);
  if (holds) {
    holds = false;
    await new Promise<never>(() => undefined);
  }
  await new Promise<void>((resolve) => systemClock.schedule(20, resolve));
  console.log(`end ${number}.`);
};
await createService({ url, ...session, group, concurrency: 10 }, (service) =>
  service.on('jobs/:number', work),
);
console.log('ready');
