/** Table 2-4 of MQTT 5.0, typed in once more from the standard, against the table and against the codec. */
import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { MalformedPacketError, ProtocolError, UsageError } from './errors.js';
import { noProperties } from './properties.js';
import { assertPropertyNames, decodeProperties, propertiesSize, writeProperties } from './property-codec.js';
import { type PropertyKind, type PropertyOwner, propertyTable } from './property-table.js';
import { wire } from './vectors/wire.js';

const owners: readonly PropertyOwner[] = [
  ...([
    'connect',
    'connack',
    'publish',
    'puback',
    'pubrec',
    'pubrel',
    'pubcomp',
    'subscribe',
    'suback',
  ] as const),
  ...(['unsubscribe', 'unsuback', 'disconnect', 'auth', 'will', 'pingreq', 'pingresp'] as const),
];
const answers = 'connack puback pubrec pubrel pubcomp suback unsuback disconnect auth';
const all = `connect publish subscribe unsubscribe will ${answers}`;

/** Identifier, field, type, owners, and the shortest value as it is on the wire and in the object. */
const standard: readonly (readonly [string, string, PropertyKind, string, string, unknown])[] = [
  ['01', 'payloadFormatIndicator', 'byte', 'publish will', '01', 1],
  ['02', 'messageExpiryInterval', 'uint32', 'publish will', '00 00 00 01', 1],
  ['03', 'contentType', 'utf8', 'publish will', '00 01 "t"', 't'],
  ['08', 'responseTopic', 'utf8', 'publish will', '00 01 "t"', 't'],
  ['09', 'correlationData', 'binary', 'publish will', '00 01 FF', wire('FF')],
  ['0B', 'subscriptionIdentifier', 'variableByteInteger', 'publish subscribe', '80 01', 128],
  ['11', 'sessionExpiryInterval', 'uint32', 'connect connack disconnect', 'FF FF FF FF', 0xffffffff],
  ['12', 'assignedClientIdentifier', 'utf8', 'connack', '00 01 "c"', 'c'],
  ['13', 'serverKeepAlive', 'uint16', 'connack', '00 00', 0],
  ['15', 'authenticationMethod', 'utf8', 'connect connack auth', '00 01 "m"', 'm'],
  ['16', 'authenticationData', 'binary', 'connect connack auth', '00 00', wire('')],
  ['17', 'requestProblemInformation', 'flag', 'connect', '00', false],
  ['18', 'willDelayInterval', 'uint32', 'will', '00 00 00 00', 0],
  ['19', 'requestResponseInformation', 'flag', 'connect', '01', true],
  ['1A', 'responseInformation', 'utf8', 'connack', '00 00', ''],
  ['1C', 'serverReference', 'utf8', 'connack disconnect', '00 01 "s"', 's'],
  ['1F', 'reasonString', 'utf8', answers, '00 01 "r"', 'r'],
  ['21', 'receiveMaximum', 'uint16', 'connect connack', '00 01', 1],
  ['22', 'topicAliasMaximum', 'uint16', 'connect connack', '00 00', 0],
  ['23', 'topicAlias', 'uint16', 'publish', '00 01', 1],
  ['24', 'maximumQoS', 'byte', 'connack', '00', 0],
  ['25', 'retainAvailable', 'flag', 'connack', '00', false],
  ['26', 'userProperties', 'utf8Pair', all, '00 01 "k" 00 00', ['k', '']],
  ['27', 'maximumPacketSize', 'uint32', 'connect connack', '00 00 00 01', 1],
  ['28', 'wildcardSubscriptionAvailable', 'flag', 'connack', '01', true],
  ['29', 'subscriptionIdentifiersAvailable', 'flag', 'connack', '00', false],
  ['2A', 'sharedSubscriptionAvailable', 'flag', 'connack', '01', true],
];

function decode(owner: PropertyOwner, properties: string): object {
  const body = wire(properties);
  return decodeProperties(new ByteReader(Uint8Array.of(body.length, ...body)), owner);
}

function encode(owner: PropertyOwner, properties: object): Uint8Array {
  const size = propertiesSize(properties, owner);
  const writer = new ByteWriter(new Uint8Array(size + 1));
  writeProperties(writer, properties, owner, size);
  expect(writer.position).toBe(size + 1);
  return writer.bytes.subarray(1);
}

function isRepeatable(field: string, owner: PropertyOwner): boolean {
  return field === 'userProperties' || (field === 'subscriptionIdentifier' && owner === 'publish');
}

describe('the property table', () => {
  it('has the rows of the standard', () => {
    const rows = propertyTable.map(({ identifier, name, kind, owners: of }) => [
      identifier,
      name,
      kind,
      [...of].sort(),
    ]);
    expect(rows).toEqual(
      standard.map(([identifier, field, kind, of]) => [
        Number.parseInt(identifier, 16),
        field,
        kind,
        of.split(' ').sort(),
      ]),
    );
  });

  const cells = standard.flatMap(([identifier, name, , of, bytes, value]) =>
    owners.map((owner) => ({
      identifier,
      name,
      owner,
      isAllowed: of.split(' ').includes(owner),
      bytes,
      value,
    })),
  );

  for (const { identifier, name, owner, bytes, value } of cells.filter(({ isAllowed }) => isAllowed)) {
    it(`${owner} may carry ${name}`, () => {
      const isList = isRepeatable(name, owner);
      const field = isList && name === 'subscriptionIdentifier' ? 'subscriptionIdentifiers' : name;
      const once = { [field]: isList ? [value] : value };
      const written = `${identifier} ${bytes}`;
      expect(decode(owner, written)).toEqual(once);
      expect(encode(owner, once)).toEqual(wire(written));
      if (isList) {
        expect(decode(owner, `${written} ${written}`)).toEqual({ [field]: [value, value] });
        expect(encode(owner, { [field]: [value, value] })).toEqual(wire(`${written} ${written}`));
      } else {
        expect(() => decode(owner, `${written} ${written}`)).toThrow(ProtocolError);
      }
    });
  }

  for (const { identifier, name, owner, bytes, value } of cells.filter(({ isAllowed }) => !isAllowed)) {
    it(`${owner} may not carry ${name}`, () => {
      expect(() => decode(owner, `${identifier} ${bytes}`)).toThrow(MalformedPacketError);
      // A field that the packet has no place for is not written.
      expect(encode(owner, { [name]: value })).toHaveLength(0);
    });
  }

  it('has no other identifier', () => {
    const known = new Set(standard.map(([identifier]) => Number.parseInt(identifier, 16)));
    for (let identifier = 0; identifier < 128; identifier++) {
      if (known.has(identifier)) continue;
      const bytes = Uint8Array.of(4, identifier, 0, 0, 0);
      expect(() => decodeProperties(new ByteReader(bytes), 'connack')).toThrow(MalformedPacketError);
    }
  });
});

describe('bounds', () => {
  it.each([
    ['connect', '17 02', 0x82],
    ['connect', '19 FF', 0x82],
    ['connect', '21 00 00', 0x82],
    ['connect', '27 00 00 00 00', 0x82],
    ['connack', '24 02', 0x82],
    ['connack', '25 02', 0x82],
    ['connack', '28 02', 0x82],
    ['connack', '29 02', 0x82],
    ['connack', '2A 02', 0x82],
    ['will', '01 02', 0x82],
    ['publish', '0B 00', 0x82],
    ['subscribe', '0B 00', 0x82],
    ['publish', '23 00 00', 0x94],
  ] as const)('%s refuses %s with its Reason Code', (owner, bytes, reasonCode) => {
    expect(() => decode(owner, bytes)).toThrow(
      expect.objectContaining({ code: 'PETREL_PROTOCOL_ERROR', reasonCode }),
    );
  });

  it('Topic Alias 0 names its clause [MQTT-3.3.2-8]', () => {
    expect(() => decode('publish', '23 00 00')).toThrow(expect.objectContaining({ clause: 'MQTT-3.3.2-8' }));
  });
});

describe('an empty set', () => {
  it('is the one noProperties, and one byte on the wire [MQTT-2.2.2-1]', () => {
    expect(decode('publish', '')).toBe(noProperties);
    expect(Object.isFrozen(noProperties)).toBe(true);
    for (const properties of [noProperties, {}, { userProperties: [] }, { contentType: undefined }]) {
      const writer = new ByteWriter(new Uint8Array(1).fill(0xff));
      writeProperties(writer, properties, 'publish', propertiesSize(properties, 'publish'));
      expect(writer.bytes).toEqual(wire('00'));
    }
  });
});

it('a name that is no property of the packet is told apart from one that is absent', () => {
  expect(() => assertPropertyNames({ contentType: 'x', responseTopic: undefined }, 'publish')).not.toThrow();
  expect(() => assertPropertyNames({ nonsense: undefined }, 'publish')).not.toThrow();
  expect(() => assertPropertyNames({ messageExpiry: 1 }, 'publish')).toThrow(
    'property "messageExpiry" is unknown; those of PUBLISH are payloadFormatIndicator, messageExpiryInterval,',
  );
  expect(() => assertPropertyNames({ willDelayInterval: 1 }, 'publish')).toThrow(UsageError);
  expect(() => assertPropertyNames({ topicAlias: 1 }, 'will')).toThrow('those of a Will are');
});

describe('a value that the table forbids', () => {
  const secret = 'hunter2';

  it.each([
    [
      'publish',
      { payloadFormatIndicator: 2 },
      'property "payloadFormatIndicator" (Payload Format Indicator) must be an integer 0–1, got 2',
    ],
    ['publish', { topicAlias: 0 }, 'property "topicAlias" (Topic Alias) must be an integer 1–65535, got 0'],
    ['publish', { topicAlias: 65_536 }, 'must be an integer 1–65535, got 65536'],
    ['publish', { messageExpiryInterval: 1.5 }, 'must be an integer 0–4294967295, got 1.5'],
    ['publish', { messageExpiryInterval: -1 }, 'got -1'],
    ['publish', { messageExpiryInterval: Number.NaN }, 'got NaN'],
    ['publish', { messageExpiryInterval: 10n }, 'got 10'],
    ['publish', { messageExpiryInterval: '10' }, 'got a string'],
    [
      'publish',
      { subscriptionIdentifiers: [1, 268_435_456] },
      'must be an integer 1–268435455, got 268435456',
    ],
    ['publish', { subscriptionIdentifiers: 1 }, 'must be an array, got 1'],
    ['publish', { contentType: 5 }, 'must be a string, got 5'],
    ['publish', { contentType: null }, 'must be a string, got null'],
    ['publish', { correlationData: secret }, 'must be a Uint8Array of at most 65535 bytes, got a string'],
    ['publish', { correlationData: new Uint8Array(65_536) }, 'got a Uint8Array of 65536 bytes'],
    ['publish', { userProperties: { name: secret } }, 'must be an array, got an object'],
    ['publish', { userProperties: Object.create(null) }, 'must be an array, got an object'],
    ['publish', { userProperties: [secret] }, 'must be a pair of strings, got a string'],
    ['publish', { userProperties: [['only a name']] }, 'must be a pair of strings, got an array'],
    ['publish', { contentType: 'a\0b' }, 'contains U+0000 [MQTT-1.5.4-2]'],
    ['publish', { userProperties: [['a', '\uD800']] }, 'contains a lone surrogate [MQTT-1.5.4-1]'],
    ['connect', { authenticationMethod: 'm', authenticationData: secret }, 'got a string'],
    ['connect', { requestProblemInformation: 1 }, 'must be true or false, got 1'],
  ] as const)('in %s %o is a UsageError that says so', (owner, properties, message) => {
    expect(() => propertiesSize(properties, owner)).toThrow(UsageError);
    expect(() => propertiesSize(properties, owner)).toThrow(message);
    expect(() => propertiesSize(properties, owner)).not.toThrow(secret);
  });
});
