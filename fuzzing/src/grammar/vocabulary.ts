/** The words that inputs are made of: few enough for peers to meet each other, and the ones that parsers stumble over. */
import type { SeededRandom } from '@petrel/testing';

const topicNames = [
  'a',
  'a/b',
  'a/b/c',
  'b',
  '/',
  '//',
  'a//c',
  '/a',
  'a/',
  '$SYS/broker/uptime',
  '$private/a',
  'ö/日本/𝄞',
];

const badTopicNames = ['#', '+', 'a/#', 'a/+/b', '', '$share/g/a', '$share', 'a/#/b', 'a\u0000b', '\ufeffa'];

const topicFilters = [
  ...['#', '+', '+/#', '/#', 'a/#', '+/b', 'a/+/c', '+/+', 'a', 'a/b', 'b', '//', '$SYS/#', '$private/+'],
  ...['$share/g/a', '$share/g/#', '$share/h/a/+', '$share/g//a'],
];

const badTopicFilters = [
  ...['', 'a#', '#/a', 'a/#/b', '+a', 'a/b+', '$share', '$share/', '$share/g', '$share/g/', '$share//a'],
  ...['$share/+/a', '$share/g#/a', '$share/g/a#', '\u0000', '$SHARE/g/a'],
];

const clientIdentifiers = ['hostile-1', 'hostile-2', 'hostile-3', '', 'ö#+/$', '__proto__', 'x'.repeat(300)];

const texts = ['', 'x', 'text', 'ö', '𝄞', '__proto__', '\ufeff', 'x'.repeat(200)];

/** Bytes that are no UTF-8, or UTF-8 that MQTT forbids. */
const badTexts: readonly (readonly number[])[] = [
  [0xff],
  [0x00],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0x61, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
];

/** A Topic Name, hardly ever a wrong one. */
export function topicName(random: SeededRandom): string {
  if (random.chance(0.02)) return random.pick(badTopicNames);
  if (random.chance(0.01)) return deepTopic(random);
  return random.pick(topicNames);
}

/** A Topic Filter, hardly ever a wrong one. */
export function topicFilter(random: SeededRandom): string {
  if (random.chance(0.05)) return random.pick(badTopicFilters);
  if (random.chance(0.01)) return deepTopic(random);
  return random.pick(topicFilters);
}

/** A Client Identifier that other connections also use. */
export function clientIdentifier(random: SeededRandom): string {
  return random.pick(clientIdentifiers.slice(0, random.chance(0.8) ? 3 : undefined));
}

/** A method that the targets know, but for a few. */
export function authenticationMethod(random: SeededRandom): string {
  return random.pick(['ask', 'ask', 'ask', 'SCRAM-SHA-256', 'SCRAM-SHA-256', 'unknown', '']);
}

/** What the methods expect at some time or other; "yes" is what `ask` wants to hear. */
export function authenticationData(random: SeededRandom): string {
  return random.pick([
    'yes',
    'yes',
    'more',
    'throw',
    'n,,n=user,r=abc',
    'n,,n=,r=',
    'c=biws,r=abc,p=AAAA',
    'r=,s=,i=1',
  ]);
}

/** Some text. */
export function text(random: SeededRandom): string {
  return random.pick(texts);
}

/** A Packet Identifier from a range so small that exchanges meet. */
export function packetIdentifier(random: SeededRandom): number {
  return random.chance(0.02) ? random.pick([0, 65_535, 256]) : random.integer(1, random.pick([3, 12]));
}

/** A payload, mostly small. */
export function payload(random: SeededRandom): Uint8Array {
  if (random.chance(0.02)) return new Uint8Array(random.pick([2_000, 17_000, 70_000])).fill(0x2e);
  return random.bytes(random.integer(0, 12));
}

/** Bytes for a string field that nothing well-behaved would put there. */
export function badString(random: SeededRandom): Uint8Array {
  const encoder = new TextEncoder();
  return random.pick([
    () => Uint8Array.from(random.pick(badTexts)),
    () => Uint8Array.from([0x61, ...random.pick(badTexts), 0x62]),
    () => random.bytes(random.integer(0, 8)),
    () => encoder.encode(random.pick(badTopicNames)),
    () => encoder.encode(random.pick(badTopicFilters)),
    () => encoder.encode(deepTopic(random)),
    () => new Uint8Array(random.pick([255, 256, 4_000, 65_535])).fill(0x61),
    () => new Uint8Array(0),
  ])();
}

/** A number at the edge of something. */
export function edge(random: SeededRandom): number {
  return random.pick([
    ...[0, 1, 2, 3, 4, 127, 128, 255, 256, 16_383, 16_384, 65_534, 65_535, 65_536],
    ...[2_097_151, 2_097_152, 268_435_455, 0x7fffffff, 0x80000000, 0xffffffff],
  ]);
}

function deepTopic(random: SeededRandom): string {
  return random.pick(['/', 'a/', '+/']).repeat(random.pick([127, 128, 129, 5_000]));
}
