/** What is only looked at is what the decoder would have read; whatever it would refuse, it still refuses. */
import {
  ByteReader,
  decodeProperties,
  encodePacket,
  noProperties,
  PacketReader,
  type PublishPacket,
  type PublishProperties,
} from '@petrel/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forwardedProperties, scanProperties } from './property-scan.js';

const packet: PublishPacket = {
  type: 'publish',
  topicName: 't',
  payload: new Uint8Array(0),
  qos: 0,
  retain: false,
  dup: false,
  packetIdentifier: 0,
  properties: noProperties,
};

const ascii = fc.string({ unit: fc.constantFrom('a', 'Z', '~', ' ', '/', '0'), maxLength: 12 });
const plain = fc.record(
  {
    payloadFormatIndicator: fc.constantFrom(0, 1),
    messageExpiryInterval: fc.integer({ min: 0, max: 0xffffffff }),
    contentType: ascii,
    responseTopic: ascii.filter((text) => text !== ''),
    correlationData: fc.uint8Array({ maxLength: 20 }),
    userProperties: fc.array(fc.tuple(ascii, ascii), { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: [] },
);

/** The properties alone, behind some other bytes; at most 127 of them, so that the Property Length is one byte. */
function encoded(properties: PublishProperties): { bytes: Uint8Array; start: number } {
  const bytes = encodePacket({ ...packet, properties }, 5);
  // Fixed header, Topic Name, Property Length.
  return { bytes, start: 2 + 3 + 1 };
}

const isShort = (properties: PublishProperties) => encodePacket({ ...packet, properties }, 5).length < 120;

/** What a whole packet with these properties is to the decoder; undefined where it is refused. */
function decoded(properties: Uint8Array): PublishProperties | undefined {
  const reader = new PacketReader({ sender: 'client', protocolVersion: 5 });
  reader.push(Uint8Array.from([0x30, 4 + properties.length, 0, 1, 0x74, properties.length, ...properties]));
  try {
    return (reader.next() as PublishPacket).properties;
  } catch {
    return undefined;
  }
}

describe('properties that are only looked at', () => {
  test('of plain ones, the interval and the number of User Properties are found, and the others forwarded as they are', () => {
    fc.assert(
      fc.property(plain.filter(isShort), (properties) => {
        const { bytes, start } = encoded(properties);
        const found = scanProperties(bytes, start, bytes.length);
        expect(found?.messageExpiryInterval).toBe(properties.messageExpiryInterval);
        expect(found?.userProperties).toBe(properties.userProperties?.length ?? 0);
        const forwarded = forwardedProperties(bytes, start, bytes.length, found?.expiryAt ?? 0);
        const reader = new ByteReader(Uint8Array.from([forwarded.length, ...forwarded]));
        const { messageExpiryInterval: _, ...others } = properties;
        expect(decodeProperties(reader, 'publish')).toEqual(others);
      }),
    );
  });

  test('nothing that the decoder refuses is taken, and nothing is read differently', () => {
    const change = fc.record({ at: fc.nat(), value: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(
        plain.filter(isShort),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.nat({ max: 4 }),
        (properties, changes, cut) => {
          const { bytes, start } = encoded(properties);
          const changed = bytes.slice(start, Math.max(start, bytes.length - cut));
          for (const { at, value } of changes) if (changed.length > 0) changed[at % changed.length] = value;
          const found = scanProperties(changed, 0, changed.length);
          if (found === undefined) return;
          const { messageExpiryInterval, userProperties } = found;
          const truth = decoded(changed);
          expect(truth).toBeDefined();
          expect(messageExpiryInterval).toBe(truth?.messageExpiryInterval);
          expect(userProperties).toBe(truth?.userProperties?.length ?? 0);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test.each<[string, readonly number[]]>([
    ['Topic Alias', [0x23, 0, 1]],
    ['Subscription Identifier, which a client never sends', [0x0b, 1]],
    ['a property twice', [0x01, 1, 0x01, 1]],
    ['Payload Format Indicator 2', [0x01, 2]],
    ['an interval that is cut off', [0x02, 0, 0]],
    ['text that passes the end', [0x03, 0, 9, 0x61]],
    ['text with U+0000', [0x03, 0, 1, 0]],
    ['text beyond ASCII', [0x03, 0, 2, 0xc3, 0xa9]],
    ['an empty Response Topic', [0x08, 0, 0]],
    ['a Response Topic with a wildcard', [0x08, 0, 1, 0x2b]],
    ['half a User Property', [0x26, 0, 1, 0x61]],
    ['a property that no PUBLISH has', [0x11, 0, 0, 0, 1]],
    ['an identifier in two bytes', [0x81, 0x00]],
  ])('%s is left to the decoder', (_, bytes) => {
    expect(scanProperties(Uint8Array.from(bytes), 0, bytes.length)).toBeUndefined();
  });
});
