/** A sender and a receiver with real packets between them, over a link that is cut at any byte: what the QoS levels promise holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePacket } from '../encode-packet.js';
import type { Packet } from '../packet.js';
import { PacketReader } from '../packet-reader.js';
import type { PublishPacket } from '../packets/publish.js';
import { noProperties } from '../properties.js';
import type { ProtocolVersion, Sender } from '../protocol-version.js';
import { InboundDelivery } from './inbound.js';
import { OutboundDelivery, type OutboundEntry } from './outbound.js';
import { PacketIdentifiers } from './packet-identifiers.js';

interface Message {
  readonly index: number;
  readonly qos: 1 | 2;
  /** The receiver refuses it, on MQTT 5. */
  readonly isRefused: boolean;
}

/** One direction of a connection: bytes that were sent and have not arrived. */
class Pipe {
  readonly #version: ProtocolVersion;
  readonly #reader: PacketReader;
  #underway = new Uint8Array(0);

  constructor(sender: Sender, version: ProtocolVersion) {
    this.#version = version;
    this.#reader = new PacketReader({ sender, protocolVersion: version });
  }

  get isEmpty(): boolean {
    return this.#underway.length === 0;
  }

  send(packet: Packet): void {
    this.#underway = Uint8Array.of(...this.#underway, ...encodePacket(packet, this.#version));
  }

  /** Lets some bytes arrive and returns the packets that they complete. */
  arrive(count: number): Packet[] {
    this.#reader.push(this.#underway.slice(0, count));
    this.#underway = this.#underway.slice(count);
    const packets: Packet[] = [];
    for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next())
      packets.push(packet);
    return packets;
  }
}

/** Publishes messages in order, as fast as the state machine allows. */
class SendingEnd {
  readonly sentOnThisConnection: number[] = [];
  identifiers = new PacketIdentifiers();
  delivery: OutboundDelivery<Message>;
  pipe: Pipe;
  #waiting: readonly Message[];

  constructor(messages: readonly Message[], receiveMaximum: number, pipe: Pipe) {
    this.#waiting = messages;
    this.delivery = new OutboundDelivery(receiveMaximum, this.identifiers);
    this.pipe = pipe;
  }

  get isDone(): boolean {
    return this.#waiting.length === 0 && this.delivery.size === 0;
  }

  pump(): void {
    for (let entry = this.delivery.nextResend(); entry !== undefined; entry = this.delivery.nextResend()) {
      if (entry.released) this.#release(entry.packetIdentifier, 0);
      else this.#publish(entry, true);
    }
    while (this.delivery.canBegin) {
      const [message, ...later] = this.#waiting;
      if (message === undefined) return;
      const open = new Set(this.delivery.entries().map(({ packetIdentifier }) => packetIdentifier));
      const packetIdentifier = this.delivery.begin(message, message.qos);
      expect(open.has(packetIdentifier)).toBe(false);
      this.#waiting = later;
      this.#publish(this.delivery.get(packetIdentifier) as OutboundEntry<Message>, false);
    }
  }

  receive(packet: Packet): void {
    if (packet.type === 'puback') this.delivery.puback(packet.packetIdentifier);
    else if (packet.type === 'pubcomp') this.delivery.pubcomp(packet.packetIdentifier);
    else if (packet.type === 'pubrec') {
      const outcome = this.delivery.pubrec(packet.packetIdentifier, packet.reasonCode);
      if (outcome !== 'ended') this.#release(packet.packetIdentifier, outcome === 'unknown' ? 0x92 : 0);
    } else throw new Error(`a receiver sent ${packet.type}`);
    this.pump();
  }

  reconnect(pipe: Pipe, receiveMaximum: number, fromStore: boolean): void {
    if (fromStore) {
      const kept = this.delivery.entries();
      this.identifiers = new PacketIdentifiers();
      this.delivery = new OutboundDelivery(receiveMaximum, this.identifiers);
      for (const each of kept)
        this.delivery.restore(each.packetIdentifier, each.qos, each.message, each.released);
    }
    this.pipe = pipe;
    this.sentOnThisConnection.length = 0;
    this.delivery.resume(receiveMaximum);
    this.pump();
  }

  #publish({ packetIdentifier, qos, message }: OutboundEntry<Message>, dup: boolean): void {
    this.sentOnThisConnection.push(message.index);
    const payload = Uint8Array.of(message.index, message.isRefused ? 1 : 0);
    const packet = {
      topicName: 'a',
      payload,
      qos,
      dup,
      retain: false,
      packetIdentifier,
      properties: noProperties,
    };
    this.pipe.send({ type: 'publish', ...packet });
  }

  #release(packetIdentifier: number, reasonCode: number): void {
    this.pipe.send({ type: 'pubrel', packetIdentifier, reasonCode, properties: noProperties });
  }
}

/** Takes messages and acknowledges them when it is told to, in order. */
class ReceivingEnd {
  readonly delivered: number[] = [];
  delivery: InboundDelivery;
  pipe: Pipe;
  #answers: (() => void)[] = [];

  constructor(receiveMaximum: number, pipe: Pipe) {
    this.delivery = new InboundDelivery(receiveMaximum);
    this.pipe = pipe;
  }

  get isDone(): boolean {
    return this.#answers.length === 0;
  }

  receive(packet: Packet): void {
    if (packet.type === 'publish') this.#take(packet);
    else if (packet.type === 'pubrel') {
      const { packetIdentifier } = packet;
      this.#answers.push(() => {
        const reasonCode = this.delivery.release(packetIdentifier) ? 0 : 0x92;
        this.pipe.send({ type: 'pubcomp', packetIdentifier, reasonCode, properties: noProperties });
      });
    } else throw new Error(`a sender sent ${packet.type}`);
  }

  answer(count: number): void {
    for (const send of this.#answers.splice(0, count)) send();
  }

  reconnect(pipe: Pipe, receiveMaximum: number, fromStore: boolean): void {
    if (fromStore) {
      const kept = [...this.delivery.unreleased];
      this.delivery = new InboundDelivery(receiveMaximum);
      for (const packetIdentifier of kept) this.delivery.restore(packetIdentifier);
    }
    this.pipe = pipe;
    this.#answers = [];
    this.delivery.resume();
  }

  #take({ packetIdentifier, qos, payload, dup }: PublishPacket): void {
    // Throws 0x93 when the sender passes the Receive Maximum.
    const outcome = this.delivery.begin(packetIdentifier, qos as 1 | 2);
    const index = payload[0] as number;
    const isRefused = payload[1] === 1;
    if (outcome === 'duplicate') expect(dup).toBe(true);
    else if (!isRefused) this.delivered.push(index);
    const answer = { packetIdentifier, reasonCode: isRefused ? 0x87 : 0, properties: noProperties };
    // What is taken is refused at once: between the two the message would count as accepted.
    if (isRefused && qos === 2) this.delivery.refused(packetIdentifier);
    this.#answers.push(() => {
      if (qos === 1) this.delivery.acknowledged();
      this.pipe.send({ type: qos === 1 ? 'puback' : 'pubrec', ...answer });
    });
  }
}

type Event =
  | { readonly type: 'forward' | 'back'; readonly bytes: number }
  | { readonly type: 'answer'; readonly count: number }
  | { readonly type: 'cut'; readonly senderRestarts: boolean; readonly receiverRestarts: boolean };

interface Run {
  readonly version: 4 | 5;
  readonly receiveMaximum: number;
  readonly messages: readonly Message[];
  readonly events: readonly Event[];
}

function play({ version, receiveMaximum, messages, events }: Run): ReceivingEnd {
  let forward = new Pipe('client', version);
  let back = new Pipe('server', version);
  const sending = new SendingEnd(messages, receiveMaximum, forward);
  const receiving = new ReceivingEnd(receiveMaximum, back);

  const happen = (event: Event): void => {
    switch (event.type) {
      case 'forward':
        for (const packet of forward.arrive(event.bytes)) receiving.receive(packet);
        break;
      case 'back':
        for (const packet of back.arrive(event.bytes)) sending.receive(packet);
        break;
      case 'answer':
        receiving.answer(event.count);
        break;
      case 'cut':
        forward = new Pipe('client', version);
        back = new Pipe('server', version);
        receiving.reconnect(back, receiveMaximum, event.receiverRestarts);
        sending.reconnect(forward, receiveMaximum, event.senderRestarts);
    }
    const sent = sending.sentOnThisConnection;
    expect(sent, 'PUBLISH packets of one connection keep their order').toEqual(
      [...sent].sort((a, b) => a - b),
    );
    expect(receiving.delivery.open).toBeLessThanOrEqual(receiveMaximum);
  };

  sending.pump();
  for (const event of events) happen(event);
  for (let round = 0; !(sending.isDone && receiving.isDone && forward.isEmpty && back.isEmpty); round++) {
    if (round > 500) throw new Error('the exchange comes to no end');
    happen({ type: 'forward', bytes: 1000 });
    happen({ type: 'answer', count: 1000 });
    happen({ type: 'back', bytes: 1000 });
  }

  expect(sending.delivery.size).toBe(0);
  expect(sending.identifiers.inUse).toBe(0);
  expect(sending.delivery.canBegin).toBe(true);
  expect(sending.delivery.nextResend()).toBeUndefined();
  expect(receiving.delivery.open).toBe(0);
  expect([...receiving.delivery.unreleased]).toEqual([]);
  return receiving;
}

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('forward' as const), bytes: fc.nat(30) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('back' as const), bytes: fc.nat(12) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('answer' as const), count: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('cut' as const),
      senderRestarts: fc.boolean(),
      receiverRestarts: fc.boolean(),
    }),
  },
);

const anyRun: fc.Arbitrary<Run> = fc
  .record({
    version: fc.constantFrom(4 as const, 5 as const),
    receiveMaximum: fc.integer({ min: 1, max: 6 }),
    kinds: fc.array(
      fc.record({ qos: fc.constantFrom(1 as const, 2 as const), isRefused: fc.nat(5).map((n) => n === 0) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    ),
    events: fc.array(anyEvent, { maxLength: 80 }),
  })
  .map(({ kinds, ...run }) => ({
    ...run,
    messages: kinds.map(({ qos, isRefused }, index) => ({
      index,
      qos,
      isRefused: isRefused && run.version === 5,
    })),
  }));

describe('two ends over a link that is cut anywhere', () => {
  it('deliver QoS 1 at least once and QoS 2 exactly once, in order, within the quota, and leave nothing behind [MQTT-4.3.2-3] [MQTT-4.3.3-10] [MQTT-4.4.0-1] [MQTT-4.4.0-2] [MQTT-4.6.0-1] [MQTT-4.9.0-2]', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { delivered } = play(run);
        for (const { index, qos, isRefused } of run.messages) {
          const times = delivered.filter((each) => each === index).length;
          if (isRefused) expect(times, `message ${index} was refused`).toBe(0);
          else if (qos === 2) expect(times, `message ${index} of QoS 2`).toBe(1);
          else expect(times, `message ${index} of QoS 1`).toBeGreaterThanOrEqual(1);
        }
        const firsts = [...new Set(delivered)];
        expect(firsts, 'first deliveries keep the order of the publisher').toEqual(
          [...firsts].sort((a, b) => a - b),
        );
      }),
      { numRuns: 800 },
    );
  });

  it('deliver everything once where nothing is cut', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const events = run.events.filter(({ type }) => type !== 'cut');
        const { delivered } = play({ ...run, events });
        expect(delivered).toEqual(
          run.messages.filter(({ isRefused }) => !isRefused).map(({ index }) => index),
        );
      }),
      { numRuns: 200 },
    );
  });
});
