import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PublishPacket } from '../packets/publish.js';
import { anyTopicName } from '../vectors/arbitrary-text.js';
import { InboundTopicAliases, OutboundTopicAliases } from './topic-aliases.js';

function publish(topicName: string, topicAlias?: number): PublishPacket {
  return {
    type: 'publish',
    topicName,
    payload: new Uint8Array(0),
    qos: 0,
    retain: false,
    dup: false,
    packetIdentifier: 0,
    properties: topicAlias === undefined ? {} : { topicAlias },
  };
}

describe('InboundTopicAliases', () => {
  it('take a name without an alias as it is', () => {
    expect(new InboundTopicAliases(0).resolve(publish('a'))).toBe('a');
  });

  it('accept every alias from 1 to the maximum [MQTT-3.3.2-10] [MQTT-3.3.2-12]', () => {
    const aliases = new InboundTopicAliases(3);
    for (const alias of [1, 2, 3]) expect(aliases.resolve(publish(`t/${alias}`, alias))).toBe(`t/${alias}`);
    for (const alias of [3, 1, 2, 1]) expect(aliases.resolve(publish('', alias))).toBe(`t/${alias}`);
  });

  it('give an alias another name when it comes with one', () => {
    const aliases = new InboundTopicAliases(1);
    aliases.resolve(publish('a', 1));
    expect(aliases.resolve(publish('b', 1))).toBe('b');
    expect(aliases.resolve(publish('', 1))).toBe('b');
  });

  it('refuse an alias above the maximum with 0x94, also with a name [MQTT-3.3.2-9] [MQTT-3.3.2-11]', () => {
    const invalid = expect.objectContaining({
      code: 'PETREL_PROTOCOL_ERROR',
      reasonCode: 0x94,
      clause: 'MQTT-3.3.2-9',
    });
    expect(() => new InboundTopicAliases(0).resolve(publish('a', 1))).toThrow(invalid);
    expect(() => new InboundTopicAliases(5).resolve(publish('a', 6))).toThrow(invalid);
    expect(() => new InboundTopicAliases(5).resolve(publish('', 6))).toThrow(invalid);
  });

  it('know nothing of an earlier connection [MQTT-3.3.2-7]', () => {
    new InboundTopicAliases(5).resolve(publish('a', 1));
    expect(() => new InboundTopicAliases(5).resolve(publish('', 1))).toThrow(
      expect.objectContaining({ reasonCode: 0x82 }),
    );
    const outbound = new OutboundTopicAliases(5);
    outbound.assign('a');
    expect(new OutboundTopicAliases(5).assign('a')).toEqual({ topicAlias: 1, isNew: true });
  });

  it('refuse an alias that stands for nothing with 0x82', () => {
    const aliases = new InboundTopicAliases(5);
    aliases.resolve(publish('a', 1));
    expect(() => aliases.resolve(publish('', 2))).toThrow(expect.objectContaining({ reasonCode: 0x82 }));
  });
});

describe('OutboundTopicAliases', () => {
  it('give none where the receiver allows none [MQTT-3.1.2-27] [MQTT-3.2.2-18]', () => {
    expect(new OutboundTopicAliases(0).assign('a')).toBeUndefined();
  });

  it('begin with 1, stay within the maximum, and announce each once [MQTT-3.1.2-26] [MQTT-3.2.2-17] [MQTT-3.3.2-8]', () => {
    const aliases = new OutboundTopicAliases(2);
    expect(aliases.assign('a')).toEqual({ topicAlias: 1, isNew: true });
    expect(aliases.assign('b')).toEqual({ topicAlias: 2, isNew: true });
    expect(aliases.assign('c')).toBeUndefined();
    expect(aliases.assign('a')).toEqual({ topicAlias: 1, isNew: false });
    expect(aliases.assign('b')).toEqual({ topicAlias: 2, isNew: false });
  });

  it('are resolved to the same names by the other end', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.array(anyTopicName, { maxLength: 40 }), (maximum, topicNames) => {
        const outbound = new OutboundTopicAliases(maximum);
        const inbound = new InboundTopicAliases(maximum);
        for (const topicName of topicNames) {
          const assigned = outbound.assign(topicName);
          const sent = assigned === undefined || assigned.isNew ? topicName : '';
          expect(inbound.resolve(publish(sent, assigned?.topicAlias))).toBe(topicName);
        }
      }),
    );
  });
});
