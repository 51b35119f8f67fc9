/** Every broker that the report compares, by the key of its record; the ones that are not installed keep what was recorded. */
import { findMosquitto, findNats, findRabbitMq } from '@petrel/testing';
import { startAedes, startAedesBeta } from './aedes.js';
import { startMosquittoTarget } from './mosquitto.js';
import { startNatsTarget } from './nats.js';
import { startPetrel } from './petrel.js';
import { startRabbitMqTarget } from './rabbitmq.js';
import type { RunningTarget } from './running-target.js';

/** One broker of the report. */
export interface ComparedBroker {
  /** Its record is `recorded/server-<key>.json`. */
  readonly key: string;
  /** Why it cannot be tested here; undefined where it can. */
  readonly missing?: string | undefined;
  start(): Promise<RunningTarget>;
}

/** In the order of the columns. */
export const comparedBrokers: readonly ComparedBroker[] = [
  { key: 'petrel', start: startPetrel },
  { key: 'mosquitto', start: startMosquittoTarget, missing: hintUnlessFound(findMosquitto()) },
  { key: 'aedes', start: startAedes },
  { key: 'aedes-beta', start: startAedesBeta },
  { key: 'nats', start: startNatsTarget, missing: hintUnlessFound(findNats()) },
  { key: 'rabbitmq', start: startRabbitMqTarget, missing: hintUnlessFound(findRabbitMq()) },
];

function hintUnlessFound({
  path,
  hint,
}: {
  readonly path: string | undefined;
  readonly hint: string;
}): string | undefined {
  return path === undefined ? hint : undefined;
}
