/**
 * What the abuse tests share: a broker with a well-behaved client on it, which has to be served before, during and
 * after the abuse, as have new clients; and a logger that takes any fault of the broker itself for a failed test.
 */
import type { ConnectPacket } from '@petrel/protocol';
import { eventually, type RawPeer } from '@petrel/testing';
import { afterEach, expect } from 'vitest';
import type { Broker } from '../broker.js';
import { connected, openBroker, publish, subscribed } from '../broker-fixture.suite.js';
import type { BrokerOptions } from '../options.js';

/** The default of `maximumSessionExpiryInterval`. */
const longestSessionMs = 604_800_000;

type Attacked = Awaited<ReturnType<typeof openBroker>>;

const attacked: Attacked[] = [];

/** After every test: when all clients are gone and the time of their sessions is over, nothing is left of them. */
afterEach(async () => {
  await Promise.all(attacked.splice(0).map(assertMemoryIsBack));
});

/** A broker under attack. */
export interface AttackedBroker {
  readonly broker: Broker;
  readonly clock: Attacked['clock'];
  /** Connected before the attack, subscribed to `bystander/#`. */
  readonly bystander: RawPeer;
  /** Fails unless the bystander and a newcomer are served, and the broker found no fault in itself. */
  assertServes(): Promise<void>;
}

/** Opens the broker; `as` is what well-behaved clients put into their CONNECT. */
export async function openAttackedBroker(
  options: BrokerOptions = {},
  as: Partial<ConnectPacket> = {},
): Promise<AttackedBroker> {
  const faults: unknown[] = [];
  const ignore = () => {};
  const logger = { debug: ignore, info: ignore, warn: ignore, error: (fault: unknown) => faults.push(fault) };
  const { broker, clock } = await openBroker({ logger, ...options });
  attacked.push({ broker, clock });
  const bystander = await connected(broker, { ...as, clientIdentifier: 'bystander' });
  await subscribed(bystander, 'bystander/#', { qos: 1 });
  let rounds = 0;
  const assertServes = async () => {
    rounds += 1;
    await assertRoundTrip(bystander, 'bystander/own', `round ${rounds}`);
    const newcomer = await connected(broker, { ...as, clientIdentifier: `newcomer-${rounds}` });
    await subscribed(newcomer, 'newcomer', { qos: 1 });
    await assertRoundTrip(newcomer, 'newcomer', `round ${rounds}`);
    newcomer.destroy();
    expect(faults).toEqual([]);
  };
  await assertServes();
  return { broker, clock, bystander, assertServes };
}

/** Everything that a client can make a broker hold, but for retained messages, which stay on purpose. */
async function assertMemoryIsBack({ broker, clock }: Attacked): Promise<void> {
  for (const { clientIdentifier } of broker.sessions()) broker.disconnect(clientIdentifier);
  // Whatever a hook was asked for is answered by then.
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(longestSessionMs);
  const left = broker.metrics();
  expect(left).toMatchObject({
    connections: 0,
    sessions: 0,
    subscriptions: 0,
    sharedGroups: 0,
    queuedMessages: 0,
    queuedBytes: 0,
    unfinishedBytes: 0,
  });
  // The last sockets report in their own time that they are gone.
  await eventually(() => {
    const { memoryBytes, outboundBytes } = broker.metrics();
    expect({ outboundBytes, memoryBytes: left.retainedMessages > 0 ? 0 : memoryBytes }).toEqual({
      outboundBytes: 0,
      memoryBytes: 0,
    });
  });
  expect(clock.pending, 'timers').toBe(0);
}

/** A client publishes to itself at QoS 1, and gets both the message and the acknowledgement. */
async function assertRoundTrip(peer: RawPeer, topicName: string, text: string): Promise<void> {
  const packetIdentifier = 60_000;
  peer.send(publish(topicName, text, { qos: 1, packetIdentifier }));
  const answers = [await peer.receive(), await peer.receive()];
  expect(answers.find(({ type }) => type === 'puback')).toMatchObject({ packetIdentifier, reasonCode: 0 });
  const message = answers.find((answer) => answer.type === 'publish');
  if (message?.type !== 'publish') throw new Error('the message did not come');
  expect(Buffer.from(message.payload).toString()).toBe(text);
  peer.send({ type: 'puback', packetIdentifier: message.packetIdentifier, reasonCode: 0, properties: {} });
}

/** A text of MQTT: two bytes of length, then the bytes. */
export function field(bytes: string | readonly number[] | Uint8Array): number[] {
  const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return [content.length >> 8, content.length & 0xff, ...content];
}

/** A packet by hand: first byte, Remaining Length, body. */
export function packetOf(firstByte: number, ...parts: readonly (readonly number[])[]): Uint8Array {
  const body = parts.flat();
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Uint8Array.from([firstByte, ...length, ...body]);
}
