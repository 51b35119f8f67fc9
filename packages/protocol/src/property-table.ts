/** Every property of MQTT 5 (section 2.2.2.2): identifier, data type, bounds, and the packets that may carry it. The only place that knows. */
import type { PacketType } from './packet-type.js';
import { type PropertyAccess, publishPropertyAccess } from './publish-property-access.js';

/** Where a property may stand: a packet, or the Will inside CONNECT. */
export type PropertyOwner = PacketType | 'will';

/** The data type of a property; `flag` is a byte that only knows 0 and 1 and reads as a boolean. */
export type PropertyKind =
  | 'byte'
  | 'flag'
  | 'uint16'
  | 'uint32'
  | 'variableByteInteger'
  | 'utf8'
  | 'binary'
  | 'utf8Pair';

/** One row of the property table. */
export interface PropertyDefinition {
  /** The field of the properties object. */
  readonly name: string;
  /** As the standard writes it, for messages. */
  readonly title: string;
  readonly identifier: number;
  readonly kind: PropertyKind;
  readonly owners: ReadonlySet<PropertyOwner>;
  readonly minimum: number;
  readonly maximum: number;
  /** The Reason Code when a number is out of its bounds. */
  readonly rangeReasonCode: number;
  /** The statement that sets the bounds, in brackets, where it has a number. */
  readonly rangeClause: string | undefined;
  /** Packets in which the property may stand more than once; its field is then an array. */
  readonly repeatable: ReadonlySet<PropertyOwner>;
}

const everyAnswer: readonly PropertyOwner[] = [
  'connack',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'suback',
  'unsuback',
  'disconnect',
  'auth',
];

interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly rangeReasonCode?: number;
  readonly rangeClause?: string;
  readonly repeatable?: readonly PropertyOwner[];
}

function row(
  identifier: number,
  title: string,
  name: string,
  kind: PropertyKind,
  owners: readonly PropertyOwner[],
  {
    minimum = 0,
    maximum = kind === 'flag' ? 1 : Number.POSITIVE_INFINITY,
    rangeReasonCode = 0x82,
    rangeClause,
    repeatable = [],
  }: Bounds = {},
): PropertyDefinition {
  return {
    identifier,
    title,
    name,
    kind,
    owners: new Set(owners),
    minimum,
    maximum,
    rangeReasonCode,
    rangeClause,
    repeatable: new Set(repeatable),
  };
}

const everywhere: readonly PropertyOwner[] = [
  'connect',
  'will',
  'publish',
  'subscribe',
  'unsubscribe',
  ...everyAnswer,
];

/** The table, in the order of the identifiers; properties are written in this order. */
export const propertyTable: readonly PropertyDefinition[] = [
  row(0x01, 'Payload Format Indicator', 'payloadFormatIndicator', 'byte', ['publish', 'will'], {
    maximum: 1,
  }),
  row(0x02, 'Message Expiry Interval', 'messageExpiryInterval', 'uint32', ['publish', 'will']),
  row(0x03, 'Content Type', 'contentType', 'utf8', ['publish', 'will']), // [MQTT-3.3.2-19]
  row(0x08, 'Response Topic', 'responseTopic', 'utf8', ['publish', 'will']), // [MQTT-3.3.2-13]
  row(0x09, 'Correlation Data', 'correlationData', 'binary', ['publish', 'will']),
  // A client's PUBLISH never carries one [MQTT-3.3.4-6]; a server's carries one for each matching subscription.
  row(
    0x0b,
    'Subscription Identifier',
    'subscriptionIdentifier',
    'variableByteInteger',
    ['publish', 'subscribe'],
    {
      minimum: 1,
      repeatable: ['publish'],
    },
  ),
  row(0x11, 'Session Expiry Interval', 'sessionExpiryInterval', 'uint32', [
    'connect',
    'connack',
    'disconnect',
  ]),
  row(0x12, 'Assigned Client Identifier', 'assignedClientIdentifier', 'utf8', ['connack']),
  row(0x13, 'Server Keep Alive', 'serverKeepAlive', 'uint16', ['connack']),
  row(0x15, 'Authentication Method', 'authenticationMethod', 'utf8', ['connect', 'connack', 'auth']),
  row(0x16, 'Authentication Data', 'authenticationData', 'binary', ['connect', 'connack', 'auth']),
  row(0x17, 'Request Problem Information', 'requestProblemInformation', 'flag', ['connect']),
  row(0x18, 'Will Delay Interval', 'willDelayInterval', 'uint32', ['will']),
  row(0x19, 'Request Response Information', 'requestResponseInformation', 'flag', ['connect']),
  row(0x1a, 'Response Information', 'responseInformation', 'utf8', ['connack']),
  row(0x1c, 'Server Reference', 'serverReference', 'utf8', ['connack', 'disconnect']),
  row(0x1f, 'Reason String', 'reasonString', 'utf8', everyAnswer),
  row(0x21, 'Receive Maximum', 'receiveMaximum', 'uint16', ['connect', 'connack'], { minimum: 1 }),
  row(0x22, 'Topic Alias Maximum', 'topicAliasMaximum', 'uint16', ['connect', 'connack']),
  row(0x23, 'Topic Alias', 'topicAlias', 'uint16', ['publish'], {
    minimum: 1,
    rangeReasonCode: 0x94,
    rangeClause: '[MQTT-3.3.2-8]',
  }),
  row(0x24, 'Maximum QoS', 'maximumQoS', 'byte', ['connack'], { maximum: 1 }),
  row(0x25, 'Retain Available', 'retainAvailable', 'flag', ['connack']),
  row(0x26, 'User Property', 'userProperties', 'utf8Pair', everywhere, { repeatable: everywhere }),
  row(0x27, 'Maximum Packet Size', 'maximumPacketSize', 'uint32', ['connect', 'connack'], { minimum: 1 }),
  row(0x28, 'Wildcard Subscription Available', 'wildcardSubscriptionAvailable', 'flag', ['connack']),
  row(0x29, 'Subscription Identifiers Available', 'subscriptionIdentifiersAvailable', 'flag', ['connack']),
  row(0x2a, 'Shared Subscription Available', 'sharedSubscriptionAvailable', 'flag', ['connack']),
];

/** A row as one owner sees it. */
export interface OwnedProperty {
  readonly definition: PropertyDefinition;
  /** The field of the owner's object: a PUBLISH lists its Subscription Identifiers. */
  readonly field: string;
  /** True where the field is an array. */
  readonly isRepeatable: boolean;
  /** How to get at the field. */
  readonly access: PropertyAccess;
}

interface OwnedTable {
  readonly rows: readonly OwnedProperty[];
  readonly byIdentifier: readonly (OwnedProperty | undefined)[];
  readonly fields: ReadonlySet<string>;
}

const tables = new Map<PropertyOwner, OwnedTable>();

function tableOf(owner: PropertyOwner): OwnedTable {
  let table = tables.get(owner);
  if (table === undefined) {
    const rows = propertyTable.filter(({ owners }) => owners.has(owner)).map((row) => owned(row, owner));
    const byIdentifier = new Array<OwnedProperty | undefined>(0x2b).fill(undefined);
    for (const each of rows) byIdentifier[each.definition.identifier] = each;
    table = { rows, byIdentifier, fields: new Set(rows.map(({ field }) => field)) };
    tables.set(owner, table);
  }
  return table;
}

function owned(definition: PropertyDefinition, owner: PropertyOwner): OwnedProperty {
  const isList = definition.name === 'subscriptionIdentifier' && owner === 'publish';
  const field = isList ? 'subscriptionIdentifiers' : definition.name;
  const isRepeatable = definition.repeatable.has(owner);
  return { definition, field, isRepeatable, access: accessTo(field, owner) };
}

function accessTo(field: string, owner: PropertyOwner): PropertyAccess {
  if (owner === 'publish') return publishPropertyAccess[field as keyof typeof publishPropertyAccess];
  return {
    get: (properties) => (properties as Record<string, unknown>)[field],
    set: (properties, value) => {
      (properties as Record<string, unknown>)[field] = value;
    },
  };
}

/** The names of the properties that one owner may carry. */
export function propertyFieldsOf(owner: PropertyOwner): ReadonlySet<string> {
  return tableOf(owner).fields;
}

/** The properties that one owner may carry, in the order they are written. */
export function propertiesOf(owner: PropertyOwner): readonly OwnedProperty[] {
  return tableOf(owner).rows;
}

/** Looks a property up by its identifier on the wire; undefined where the owner may not carry it. */
export function propertyOf(owner: PropertyOwner, identifier: number): OwnedProperty | undefined {
  return tableOf(owner).byIdentifier[identifier];
}

/** Names a property for messages, whoever may carry it. */
export function propertyTitle(identifier: number): string {
  const definition = propertyTable.find((row) => row.identifier === identifier);
  return definition?.title ?? `property 0x${identifier.toString(16).padStart(2, '0')}`;
}
