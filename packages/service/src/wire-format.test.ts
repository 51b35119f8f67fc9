import { noProperties, type PublishProperties } from '@petrel/protocol';
import { describe, expect, it } from 'vitest';
import type { WireMessage } from './exchange.js';
import type { InboundMessage } from './link.js';
import { inboxTopic, readIncoming, readReply, writeEvent, writeReply, writeRequest } from './wire-format.js';

const json = (payload: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(payload));
const text = (payload: Uint8Array): string => new TextDecoder().decode(payload);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

function arrived(
  topicName: string,
  payload: unknown,
  properties: PublishProperties = noProperties,
): InboundMessage {
  const written = payload instanceof Uint8Array ? payload : bytes(JSON.stringify(payload));
  return { topicName, payload: written, properties, qos: 1, retain: false, dup: false, packetIdentifier: 1 };
}

const received = ({ topicName, payload, properties }: WireMessage): InboundMessage =>
  arrived(topicName, payload, properties);

describe('events', () => {
  it('are the data itself, with its Content Type, where properties exist', () => {
    const wire = writeEvent(
      { topicName: 'room/1', data: { t: 21 }, metadata: { trace: 'x' } },
      'native',
      true,
    );
    expect(json(wire.payload)).toEqual({ t: 21 });
    expect(wire.properties).toEqual({ contentType: 'application/json', userProperties: [['trace', 'x']] });
  });

  it.each([['hello'], [0], [false], [''], [[1, 2]], [{ t: 21 }], ['123']])(
    'of %j read the same for stock NestJS, which knows no Content Type',
    (data) => {
      const { payload } = writeEvent({ topicName: 'x', data }, 'auto', true);
      expect(stockReads(payload)).toEqual(data);
    },
  );

  it.each([[{ data: 1, info: 2 }], [{ pattern: 'p' }]])(
    'of %j go in an envelope, which stock NestJS would cut',
    (data) => {
      const wire = writeEvent({ topicName: 'x', data }, 'auto', true);
      expect(stockReads(wire.payload)).toEqual(data);
      expect(readIncoming(received(wire)).data).toEqual(data);
    },
  );

  it('that look like an envelope are marked as data between native peers', () => {
    const data = { pattern: 'x', data: 1 };
    const wire = writeEvent({ topicName: 'x', data }, 'native', true);
    expect(json(wire.payload)).toEqual(data);
    expect(readIncoming(received(wire))).toEqual({ data, isReply: false, userProperties: [] });
  });

  it('keep the text of a sender who names its Content Type', () => {
    const event = { topicName: 'x', data: '{"a":1}', properties: { contentType: 'application/json' } };
    expect(text(writeEvent(event, 'auto', true).payload)).toBe('{"a":1}');
  });

  // What the deserializer of stock NestJS makes of a payload on the way into an event handler.
  function stockReads(payload: Uint8Array): unknown {
    let value: unknown;
    try {
      value = JSON.parse(text(payload));
    } catch {
      value = text(payload);
    }
    const envelope = value as { pattern?: unknown; data?: unknown } | null;
    return envelope && (envelope.pattern !== undefined || envelope.data !== undefined)
      ? envelope.data
      : value;
  }
});

describe('foreign messages', () => {
  it.each([
    { data: 1, info: 2 },
    { id: 7, data: 1 },
    { id: 'a', data: 1 },
    { pattern: 'other', data: 1 },
    { pattern: 'x', data: 1, more: true },
    { response: 1, isDisposed: true, id: 'a' },
  ])('%j is data, uncut, and nobody is answered', (payload) => {
    expect(readIncoming(arrived('x', payload))).toEqual({
      data: payload,
      isReply: false,
      userProperties: [],
    });
  });

  it('are requests when they carry a Response Topic, with or without Correlation Data', () => {
    const correlationData = Uint8Array.of(1, 2);
    expect(readIncoming(arrived('sum', [1, 2], { responseTopic: 'r', correlationData }))).toMatchObject({
      data: [1, 2],
      replyTo: { form: 'native', topicName: 'r', correlationData },
    });
    expect(readIncoming(arrived('sum', [1], { responseTopic: 'r' })).replyTo).toEqual({
      form: 'native',
      topicName: 'r',
    });
  });

  it('that are not what their Content Type says are told from those that are', () => {
    const incoming = readIncoming(
      arrived('x', bytes('{'), { contentType: 'application/json', responseTopic: 'r' }),
    );
    expect(incoming.unreadable).toMatchObject({ code: 'PETREL_PAYLOAD_INVALID' });
    expect(incoming.replyTo).toEqual({ form: 'native', topicName: 'r' });
  });
});

describe('requests', () => {
  it('are the data, a Response Topic and Correlation Data in native form', () => {
    const wire = writeRequest({ topicName: 'sum', data: [1, 2] }, 'native', 'id1', 'inbox');
    expect(json(wire.payload)).toEqual([1, 2]);
    expect(wire.properties).toEqual({
      contentType: 'application/json',
      responseTopic: 'inbox',
      correlationData: bytes('id1'),
    });
  });

  it('are the envelope of stock NestJS in nest form', () => {
    const wire = writeRequest(
      { topicName: 'sum', pattern: 'sum', data: [1], metadata: { m: '1' } },
      'nest',
      'id1',
    );
    expect(json(wire.payload)).toEqual({ pattern: 'sum', data: [1], metadata: { m: '1' }, id: 'id1' });
    expect(readIncoming(received(wire))).toEqual({
      data: [1],
      isReply: false,
      userProperties: [['m', '1']],
      replyTo: { form: 'nest', topicName: 'sum/reply', id: 'id1' },
    });
  });

  it('in both forms are answered natively by a peer that knows both', () => {
    const wire = writeRequest({ topicName: 'sum', data: [1] }, 'both', 'id1', 'inbox');
    expect(json(wire.payload)).toEqual({ pattern: 'sum', data: [1], id: 'id1' });
    expect(readIncoming(received(wire))).toMatchObject({
      data: [1],
      replyTo: { form: 'native', topicName: 'inbox' },
    });
  });

  it('of a stock client keep their envelope answer when it set a Response Topic of its own', () => {
    const envelope = { pattern: 'sum', data: [1], id: 'id1' };
    const incoming = readIncoming(
      arrived('sum', envelope, { responseTopic: 'elsewhere', correlationData: bytes('z') }),
    );
    expect(incoming.replyTo).toEqual({ form: 'nest', topicName: 'sum/reply', id: 'id1' });
  });

  it('with an object as pattern come on the topic that is its JSON', () => {
    const topicName = '{"cmd":"sum"}';
    const incoming = readIncoming(arrived(topicName, { pattern: { cmd: 'sum' }, data: [1], id: 'id1' }));
    expect(incoming).toMatchObject({
      data: [1],
      replyTo: { form: 'nest', topicName: '{"cmd":"sum"}/reply' },
    });
  });

  it('through a bridge that changed the first levels of the topic are still envelopes', () => {
    const envelope = { pattern: 'sum', data: [1], id: 'id1' };
    expect(readIncoming(arrived('site/1/sum', envelope)).data).toEqual([1]);
  });
});

describe('replies', () => {
  const native = { form: 'native', topicName: 'inbox', correlationData: bytes('id1') } as const;
  const nest = { form: 'nest', topicName: 'sum/reply', id: 'id1' } as const;

  it.each([
    [
      { kind: 'last', data: 3 },
      { response: 3, isDisposed: true, id: 'id1' },
    ],
    [
      { kind: 'next', data: null },
      { response: null, id: 'id1' },
    ],
    [{ kind: 'end' }, { isDisposed: true, id: 'id1' }],
    [
      { kind: 'error', error: { code: 7 } },
      { err: { code: 7 }, isDisposed: true, id: 'id1' },
    ],
  ] as const)('%j is the envelope %j, and both forms read back', (reply, envelope) => {
    const inEnvelope = writeReply(nest, reply);
    expect(json(inEnvelope.payload)).toEqual(envelope);
    expect(readReply(received(inEnvelope))).toEqual({ id: 'id1', form: 'nest', foreign: false, reply });
    expect(readReply(received(writeReply(native, reply)))).toEqual({
      id: 'id1',
      form: 'native',
      foreign: false,
      reply,
    });
  });

  it('of a stock server without a handler are errors', () => {
    const refusal = { id: 'id1', status: 'error', err: 'There is no matching message handler' };
    expect(readReply(arrived('sum/reply', refusal))?.reply).toEqual({ kind: 'error', error: refusal.err });
  });

  it('of a plain MQTT 5 program are told from those of a service', () => {
    const reply = readReply(
      arrived('inbox', { id: 'id1', response: 3 }, { correlationData: bytes('other') }),
    );
    expect(reply).toEqual({
      id: 'other',
      form: 'native',
      foreign: true,
      reply: { kind: 'last', data: { id: 'id1', response: 3 } },
    });
  });

  it('that name no request are none', () => {
    expect(readReply(arrived('sum/reply', { temperature: 21 }))).toBeUndefined();
  });

  it('say an Error with name, message, code and details, never its stack', () => {
    const error = Object.assign(new RangeError('too hot'), { code: 'HOT', details: { limit: 30 } });
    const { payload } = writeReply(native, { kind: 'error', error });
    expect(json(payload)).toEqual({
      status: 'error',
      name: 'RangeError',
      message: 'too hot',
      code: 'HOT',
      details: { limit: 30 },
    });
  });

  it('are known as replies by whoever else receives them', () => {
    expect(readIncoming(received(writeReply(nest, { kind: 'last', data: 1 }))).isReply).toBe(true);
    expect(readIncoming(received(writeReply(native, { kind: 'last', data: 1 })))).toMatchObject({
      isReply: true,
      data: 1,
    });
  });

  it('hide the marks of the wire format from handlers, but no other User Property', () => {
    const wire = writeReply(native, { kind: 'last', data: 1 }, { userProperties: [['a', '1']] });
    expect(readIncoming(received(wire)).userProperties).toEqual([['a', '1']]);
  });
});

describe('inboxTopic', () => {
  it('escapes what a topic level cannot hold', () => {
    expect(inboxTopic('petrel/inbox', 'a/b+c#', 'n')).toBe('petrel/inbox/a_b_c_/n');
    expect(inboxTopic('petrel/inbox', 'a/b')).toBe('petrel/inbox/a_b/a%2Fb');
    expect(inboxTopic('petrel/inbox', 'a_b')).toBe('petrel/inbox/a_b/answers');
  });
});
