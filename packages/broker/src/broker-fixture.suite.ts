/** What the tests of the broker share: a broker that is closed after the test, raw clients of it, and short ways to write packets. */
import type {
  ConnectPacket,
  PublishPacket,
  QoS,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
} from '@petrel/protocol';
import { FakeClock, RawPeer, type RawPeerOptions } from '@petrel/testing';
import { afterEach } from 'vitest';
import { type Broker, createBroker } from './broker.js';
import type { BrokerOptions } from './options.js';

const opened: Broker[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((broker) => broker.destroy()));
});

/** A broker without listeners and without $SYS, on a clock that stands still. */
export async function openBroker(options: BrokerOptions = {}): Promise<{ broker: Broker; clock: FakeClock }> {
  const clock = new FakeClock();
  const broker = await createBroker({ clock, sysTopicsIntervalMs: 0, ...options });
  opened.push(broker);
  return { broker, clock };
}

/** A connection without CONNECT. */
export function open(broker: Broker, options?: RawPeerOptions): RawPeer {
  return new RawPeer(broker.connect(), options);
}

/** A connected client; fails unless the broker accepted it. */
export async function connected(broker: Broker, connect: Partial<ConnectPacket> = {}): Promise<RawPeer> {
  const { peer } = await connectedWith(broker, connect);
  return peer;
}

/** The same, with what CONNACK said. */
export async function connectedWith(broker: Broker, connect: Partial<ConnectPacket> = {}) {
  const peer = open(broker, { protocolVersion: connect.protocolVersion ?? 5 });
  const connack = await peer.connect(connect);
  if (connack.reasonCode !== 0) throw new Error(`CONNACK has Reason Code ${connack.reasonCode}`);
  return { peer, connack };
}

/** A PUBLISH; identifier 1 above QoS 0 unless given. */
export function publish(
  topicName: string,
  payload: string | Uint8Array = '',
  fields: Partial<PublishPacket> = {},
): PublishPacket {
  const qos = fields.qos ?? 0;
  return {
    type: 'publish',
    topicName,
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    qos,
    retain: false,
    dup: false,
    packetIdentifier: qos === 0 ? 0 : 1,
    properties: {},
    ...fields,
  };
}

/** A SUBSCRIBE for one filter, or several with the same options. */
export function subscribe(
  topicFilters: string | readonly string[],
  options: Partial<SubscriptionRequest> & { subscriptionIdentifier?: number; packetIdentifier?: number } = {},
): SubscribePacket {
  const { subscriptionIdentifier, packetIdentifier = 1, ...request } = options;
  const filters = typeof topicFilters === 'string' ? [topicFilters] : topicFilters;
  return {
    type: 'subscribe',
    packetIdentifier,
    subscriptions: filters.map((topicFilter) => ({
      topicFilter,
      qos: 0,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
      ...request,
    })),
    properties: subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier },
  };
}

/** Subscribes and receives the SUBACK. */
export function subscribed(peer: RawPeer, ...args: Parameters<typeof subscribe>): Promise<SubackPacket> {
  peer.send(subscribe(...args));
  return peer.receive('suback');
}

/** An acknowledgement of any of the four kinds. */
export function acknowledgement<Type extends 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'>(
  type: Type,
  packetIdentifier: number,
  reasonCode = 0,
) {
  return { type, packetIdentifier, reasonCode, properties: {} } as const;
}

/** DISCONNECT. */
export function disconnect(reasonCode = 0, properties: { sessionExpiryInterval?: number } = {}) {
  return { type: 'disconnect', reasonCode, properties } as const;
}

/** Publishes at a QoS and completes the exchange. */
export async function published(
  peer: RawPeer,
  topicName: string,
  payload: string,
  qos: QoS,
  fields: Partial<PublishPacket> = {},
): Promise<number> {
  const packet = publish(topicName, payload, { qos, ...fields });
  peer.send(packet);
  if (qos === 0) return 0;
  if (qos === 1) return (await peer.receive('puback')).reasonCode;
  const { reasonCode } = await peer.receive('pubrec');
  if (reasonCode >= 0x80) return reasonCode;
  peer.send(acknowledgement('pubrel', packet.packetIdentifier));
  await peer.receive('pubcomp');
  return reasonCode;
}

/** The payload of a PUBLISH as text. */
export function text({ payload }: PublishPacket): string {
  return Buffer.from(payload).toString();
}

/** The texts of the next messages, all of them received as PUBLISH. */
export async function texts(peer: RawPeer, count: number): Promise<string[]> {
  const received: string[] = [];
  for (let index = 0; index < count; index++) received.push(text(await peer.receive('publish')));
  return received;
}
