/** Reads NestJS's MqttRecord, which carries data together with how to publish it. Never writes to one. */
import { MqttRecord } from '@nestjs/microservices';
import type { PublishProperties } from '@petrel/protocol';
import type { RequestOptions } from '@petrel/service';
import { toProperties } from './mqtt-js-properties.js';

type RecordOptions = NonNullable<MqttRecord['options']>;

/** How one request waits for its answer. */
export type RequestWishes = Pick<RequestOptions, 'timeoutMs' | 'onConnectionLost'>;

/** Data of a request, and how to wait for its answer: `client.send('jobs', new MqttRequestRecord(job, { onConnectionLost: 'resend' }))`. */
export class MqttRequestRecord<Data = unknown> extends MqttRecord<Data> {
  readonly wishes: RequestWishes;

  /** Takes the options of NestJS's MqttRecord too. */
  constructor(data: Data, { timeoutMs, onConnectionLost, ...options }: RecordOptions & RequestWishes = {}) {
    super(data, options);
    this.wishes = { timeoutMs, onConnectionLost };
  }
}

/** What a caller handed in: the data, and the wishes beside it. */
export interface Unwrapped {
  readonly data: unknown;
  readonly options: Pick<RequestOptions, 'qos' | 'retain' | 'timeoutMs' | 'onConnectionLost'>;
  readonly properties: PublishProperties | undefined;
}

const none = Object.freeze({});

/** Takes a record apart; anything else is the data itself. */
export function unwrapRecord(value: unknown): Unwrapped {
  if (!isRecord(value)) return { data: value, options: none, properties: undefined };
  const { qos, retain, properties } = value.options ?? {};
  return {
    data: value.data,
    options: {
      ...(qos === undefined ? {} : { qos }),
      ...(retain === undefined ? {} : { retain }),
      ...(value instanceof MqttRequestRecord && value.wishes),
    },
    properties: properties === undefined ? undefined : toProperties(properties),
  };
}

// A second copy of @nestjs/microservices in a process has a class of its own, which `instanceof` does not know. A plain
// object with the same members is the caller's data.
function isRecord(value: unknown): value is MqttRecord {
  if (value instanceof MqttRecord) return true;
  return (
    typeof value === 'object' && value !== null && value.constructor?.name === 'MqttRecord' && 'data' in value
  );
}
