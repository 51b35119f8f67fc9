/** What a program publishes through its own broker. */
import {
  assertPropertyNames,
  type MessageProperties,
  noProperties,
  type QoS,
  UsageError,
} from '@petrel/protocol';
import { acceptMessage } from './accept-message.js';
import type { BrokerContext } from './broker-context.js';
import { createOwnMessage } from './create-message.js';

/** What broker.publish() takes. */
export interface BrokerMessage {
  readonly topicName: string;
  /** Text is sent as UTF-8. Default: empty. */
  readonly payload?: string | Uint8Array;
  /** Default 0. */
  readonly qos?: QoS;
  /** Default false. */
  readonly retain?: boolean;
  readonly properties?: MessageProperties;
}

/** What broker.publish() came to. */
export interface BrokerPublishResult {
  /** 0x00, or 0x10 when nobody subscribes to the topic, or why a hook refused. */
  readonly reasonCode: number;
}

/** Past all access control; settles once the store owns the message. Rejects with UsageError for what no rule allows. */
export async function publishOwn(
  context: BrokerContext,
  content: BrokerMessage,
): Promise<BrokerPublishResult> {
  const { topics, clock, store } = context;
  const { topicName, payload = '', qos = 0, retain = false, properties = noProperties } = content;
  if (typeof topicName !== 'string')
    throw new UsageError(`"topicName" must be a string, got ${typeof topicName}`);
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array))
    throw new UsageError(`"payload" must be a string or a Uint8Array, got ${typeof payload}`);
  assertPropertyNames(properties, 'publish');
  const message = createOwnMessage(
    // A copy: the caller may go on writing into its array.
    { topicName, payload: Buffer.from(payload), qos, retain, properties },
    undefined,
    topics,
    clock,
  );
  const accepted = await acceptMessage(context, message, undefined, undefined);
  await store.commit();
  return { reasonCode: typeof accepted === 'number' ? accepted : accepted.reasonCode };
}
