/** What is done to a target: steps that a seed makes, a shrinker takes away and a person reads. */
import { describePacket, PacketReader, type Sender } from '@petrel/protocol';
import type { SeededRandom } from '@petrel/testing';
import { type Dialect, someSequence } from './grammar/sequence.js';

/** One step; `connection` is one of few places, in which a new connection takes the place of one that is over. */
export type Step =
  | { readonly kind: 'send'; readonly connection: number; readonly bytes: Uint8Array }
  /** Ends the stream in order, or breaks it off. */
  | { readonly kind: 'end' | 'cut'; readonly connection: number }
  /** Stops and begins to take what the other side sends. */
  | { readonly kind: 'hold' | 'take'; readonly connection: number }
  | { readonly kind: 'wait'; readonly ms: number };

/** Steps, and a number that decides about everything else. */
export interface FuzzInput {
  readonly setup: number;
  readonly steps: readonly Step[];
}

/** Makes an input of up to `places` connections that speak at the same time. */
export function someInput(random: SeededRandom, dialect: Dialect, places: number): FuzzInput {
  const setup = random.integer(0, 0xffff);
  const count = random.chance(0.6) ? 1 : random.integer(1, places);
  const lanes = Array.from({ length: count }, (_, connection) => lane(random, dialect, connection));
  const steps: Step[] = [];
  while (lanes.some((each) => each.length > 0)) {
    const next = random.pick(lanes.filter((each) => each.length > 0));
    steps.push(...next.splice(0, random.integer(1, 4)));
    if (random.chance(0.04)) steps.push({ kind: 'wait', ms: random.pick([1, 600, 2_000, 11_000, 100_000]) });
  }
  return { setup, steps };
}

function lane(random: SeededRandom, dialect: Dialect, connection: number): Step[] {
  const steps: Step[] = [];
  for (let lives = random.chance(0.8) ? 1 : 2; lives > 0; lives--) {
    const chunks = chunked(random, someSequence(random, dialect));
    steps.push(...chunks.map((bytes) => ({ kind: 'send' as const, connection, bytes })));
    if (random.chance(0.05)) steps.splice(random.integer(0, steps.length), 0, { kind: 'hold', connection });
    if (lives > 1 || random.chance(0.3))
      steps.push({ kind: random.pick(['end', 'cut'] as const), connection });
  }
  return steps;
}

/** Cuts the stream of packets where a network may. */
function chunked(random: SeededRandom, pieces: readonly Uint8Array[]): Uint8Array[] {
  const whole = () => new Uint8Array(Buffer.concat(pieces));
  const cutEvery = (most: number) => {
    const bytes = whole();
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = random.integer(1, most);
      chunks.push(bytes.subarray(at, at + size));
      at += size;
    }
    return chunks;
  };
  const isSmall = pieces.reduce((sum, { length }) => sum + length, 0) < 1_000;
  return random.pick([
    () => [...pieces],
    () => [...pieces],
    () => [whole()],
    () => cutEvery(isSmall ? 1 : 5_000),
    () => cutEvery(isSmall ? 30 : 5_000),
  ])();
}

/** One line for each step: hex, and for complete packets what they say. */
export function describeInput({ setup, steps }: FuzzInput, sender: Sender): string[] {
  const readers = new Map<number, PacketReader>();
  const lines = steps.map((step) => {
    if (step.kind === 'wait') return `wait ${step.ms} ms`;
    if (step.kind !== 'send') {
      if (step.kind === 'end' || step.kind === 'cut') readers.delete(step.connection);
      return `#${step.connection} ${step.kind}`;
    }
    const reader =
      readers.get(step.connection) ??
      new PacketReader({ sender, ...(sender === 'server' && { protocolVersion: 5 }) });
    readers.set(step.connection, reader);
    return `#${step.connection} ${Buffer.from(step.bytes).toString('hex')}  ${packetsIn(reader, step.bytes)}`;
  });
  return [`setup ${setup}`, ...lines];
}

function packetsIn(reader: PacketReader, bytes: Uint8Array): string {
  const descriptions: string[] = [];
  try {
    reader.push(bytes);
    for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
      descriptions.push(describePacket(packet));
    }
    if (reader.bufferedBytes > 0) descriptions.push('…');
  } catch (error) {
    descriptions.push(`(${(error as Error).message})`);
  }
  return descriptions.join('; ');
}
