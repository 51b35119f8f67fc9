/** `-D PACKET NAME VALUE`: properties of MQTT 5 on the command line, named as in mosquitto_pub. */
import {
  type ConnectProperties,
  type PropertyDefinition,
  type PublishProperties,
  propertyTable,
  UsageError,
  type WillProperties,
} from '@petrel/protocol';

/** By the packet that carries them. */
export interface GivenProperties {
  readonly connect: ConnectProperties;
  readonly publish: Omit<PublishProperties, 'topicAlias' | 'subscriptionIdentifiers'>;
  readonly will: WillProperties;
}

const carriers = ['connect', 'publish', 'will'] as const;
type Carrier = (typeof carriers)[number];

/** What the client chooses itself. */
const ofTheClient: ReadonlySet<string> = new Set([
  'topicAlias',
  'subscriptionIdentifier',
  'authenticationMethod',
  'authenticationData',
]);

const largest = { byte: 0xff, uint16: 0xffff, uint32: 0xffff_ffff };

/** Reads the JSON arrays that `readArguments` makes of `-D`; throws UsageError for what no packet carries. */
export function readProperties(given: readonly string[] = []): GivenProperties {
  const read: Record<Carrier, Record<string, unknown>> = { connect: {}, publish: {}, will: {} };
  for (const each of given) {
    const [packet = '', name = '', ...values] = argumentsOf(each);
    const carrier = carriers.find((known) => known === packet);
    if (carrier === undefined)
      throw new UsageError(
        `option "-D" must begin with ${carriers.join(', ')}: nothing else carries properties from here, got "${packet}"`,
      );
    const definition = definitions(carrier).find((known) => writtenName(known) === name);
    if (definition === undefined) {
      const names = definitions(carrier).map(writtenName).join(', ');
      throw new UsageError(`option "-D ${packet}" must name one of ${names}, got "${name}"`);
    }
    const properties = read[carrier];
    const value = readValue(definition, values, `-D ${packet} ${name}`);
    const before = (properties[definition.name] ?? []) as unknown[];
    properties[definition.name] = definition.kind === 'utf8Pair' ? [...before, value] : value;
  }
  return read;
}

/** `--property=…` was written by somebody who did not know of the array. */
function argumentsOf(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed.map(String);
  } catch {}
  throw new UsageError(
    `option "--property" takes its PACKET NAME VALUE as arguments of their own, got "${text}"`,
  );
}

function definitions(carrier: Carrier): PropertyDefinition[] {
  return propertyTable.filter(({ name, owners }) => owners.has(carrier) && !ofTheClient.has(name));
}

/** `userProperties` is `user-property`. */
function writtenName({ title }: PropertyDefinition): string {
  return title.toLowerCase().replaceAll(' ', '-');
}

function readValue(
  { kind, minimum, maximum }: PropertyDefinition,
  values: readonly string[],
  as: string,
): unknown {
  const [value = ''] = values;
  switch (kind) {
    case 'utf8Pair':
      return [value, values[1] ?? ''];
    case 'utf8':
      return value;
    case 'binary':
      return Buffer.from(value);
    case 'flag':
      if (value === '0' || value === '1') return value === '1';
      throw new UsageError(`option "${as}" must be 0 or 1, got "${value}"`);
    default: {
      const bound = Math.min(maximum, kind === 'variableByteInteger' ? largest.uint32 : largest[kind]);
      const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
      if (number >= minimum && number <= bound) return number;
      throw new UsageError(
        `option "${as}" must be an integer ${minimum}–${bound.toLocaleString('en')}, got "${value}"`,
      );
    }
  }
}
