/** Properties of MQTT 5, right by the table of the standard. What is wrong with them comes later. */
import { type PropertyDefinition, type PropertyOwner, propertyTable } from '@petrel/protocol';
import type { SeededRandom } from '@petrel/testing';
import { type Field, number, type PropertiesField, type Property, string } from './field.js';
import { authenticationData, authenticationMethod, text, topicName } from './vocabulary.js';

/** Values that keep a connection going where any number would soon end it. */
const usualValues: Readonly<Record<string, readonly number[]>> = {
  topicAlias: [1, 2, 3, 64, 65],
  maximumPacketSize: [30, 100, 1_000, 100_000],
  receiveMaximum: [1, 2, 10, 65_535],
  topicAliasMaximum: [0, 1, 10],
  sessionExpiryInterval: [0, 1, 10, 0xffffffff],
  messageExpiryInterval: [0, 1, 10],
  willDelayInterval: [0, 1, 10],
  serverKeepAlive: [0, 1, 10, 60],
};

/** No property, or some that the owner may carry. Authentication is rarer, as it changes all that follows. */
export function someProperties(random: SeededRandom, owner: PropertyOwner): PropertiesField {
  const properties: Property[] = [];
  const density = random.pick([0, 0, 0.15, 0.4]);
  for (const definition of propertyTable) {
    if (!definition.owners.has(owner) || !random.chance(density)) continue;
    if (definition.name.startsWith('authentication') && owner !== 'auth' && random.chance(0.5)) continue;
    const count = definition.repeatable.has(owner) ? random.integer(1, 3) : 1;
    for (let index = 0; index < count; index++) properties.push(someProperty(random, definition));
  }
  return { kind: 'properties', properties, lengthError: 0 };
}

/** One property with a value that the standard allows. */
export function someProperty(random: SeededRandom, definition: PropertyDefinition): Property {
  return { identifier: definition.identifier, values: someValues(random, definition) };
}

function someValues(random: SeededRandom, { kind, name, minimum, maximum }: PropertyDefinition): Field[] {
  const usual = usualValues[name];
  const integer = (most: number) =>
    usual === undefined ? random.integer(minimum, Math.min(maximum, most)) : random.pick(usual);
  switch (kind) {
    case 'flag':
    case 'byte':
      return [number('uint8', integer(1))];
    case 'uint16':
      return [number('uint16', integer(0xffff))];
    case 'uint32':
      return [number('uint32', integer(0xffffffff))];
    case 'variableByteInteger':
      return [number('variable', integer(300))];
    case 'utf8':
      return [string(someText(random, name))];
    case 'binary':
      return [string(random.chance(0.5) ? authenticationData(random) : random.bytes(random.integer(0, 6)))];
    case 'utf8Pair':
      return [string(text(random)), string(text(random))];
  }
}

function someText(random: SeededRandom, name: string): string {
  if (name === 'responseTopic') return topicName(random);
  return name === 'authenticationMethod' ? authenticationMethod(random) : text(random);
}
