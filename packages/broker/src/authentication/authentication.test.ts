/** Enhanced authentication over the wire, by hand, with methods that the test makes up. */
import { AuthenticationError, type AuthPacket, type ConnectPacket } from '@petrel/protocol';
import type { RawPeer } from '@petrel/testing';
import { connectPacket } from '@petrel/testing';
import { describe, expect, test } from 'vitest';
import { connected, open, openBroker, publish, subscribe, subscribed } from '../broker-fixture.suite.js';
import { recordingLogger } from '../recording-logger.suite.js';
import type { AuthenticationMethod, AuthenticationStep as Step } from './authentication-method.js';

/** A method that answers with these steps, then accepts; data are the names of what came. */
function stepsThen(...steps: (Step | Error | (() => Promise<Step>))[]): AuthenticationMethod {
  return {
    name: 'steps',
    begin: () => {
      const left = [...steps];
      return {
        next: () => {
          const step = left.shift();
          if (step instanceof Error) throw step;
          if (typeof step === 'function') return step();
          return step ?? { principal: { name: 'anna' }, data: Buffer.from('welcome') };
        },
      };
    },
  };
}

/** The same for every exchange after the first, which accepts at once. */
function againWith(...steps: Parameters<typeof stepsThen>): AuthenticationMethod {
  let begins = 0;
  return {
    name: 'steps',
    begin: (request) => stepsThen(...(begins++ === 0 ? [] : steps)).begin(request),
  };
}

const ask = { data: Buffer.from('challenge') };

function auth(reasonCode = 0x18, authenticationMethod = 'steps', data = 'proof'): AuthPacket {
  return {
    type: 'auth',
    reasonCode,
    properties: { authenticationMethod, authenticationData: Buffer.from(data) },
  };
}

function withMethod(fields: Partial<ConnectPacket> = {}, authenticationMethod = 'steps'): ConnectPacket {
  return {
    ...connectPacket(5),
    clientIdentifier: 'c',
    ...fields,
    properties: { ...fields.properties, authenticationMethod },
  };
}

/** A broker with one method, and a peer that has sent CONNECT for it. */
async function begun(method: AuthenticationMethod, options: Parameters<typeof openBroker>[0] = {}) {
  const { broker, clock } = await openBroker({ authenticationMethods: [method], ...options });
  const peer = open(broker);
  peer.send(withMethod());
  return { broker, clock, peer };
}

/** The same, accepted. */
async function accepted(method: AuthenticationMethod, options: Parameters<typeof openBroker>[0] = {}) {
  const started = await begun(method, options);
  await started.peer.receive('connack');
  return started;
}

async function expectDisconnect(peer: RawPeer, reasonCode: number): Promise<void> {
  expect((await peer.receive('disconnect')).reasonCode).toBe(reasonCode);
  await peer.closed();
}

async function expectRefused(peer: RawPeer, reasonCode: number): Promise<void> {
  expect((await peer.receive('connack')).reasonCode).toBe(reasonCode);
  await peer.closed();
}

describe('CONNECT with an Authentication Method', () => {
  test('is asked for more in AUTH 0x18, and accepted with the method and the last data [MQTT-4.12.0-2] [MQTT-4.12.0-5]', async () => {
    const { broker, peer } = await begun(stepsThen(ask, async () => ({})));
    expect(await peer.receive('auth')).toEqual({
      type: 'auth',
      reasonCode: 0x18,
      properties: { authenticationMethod: 'steps', authenticationData: new Uint8Array(ask.data) },
    });
    peer.send(auth());
    expect((await peer.receive('auth')).properties).toEqual({ authenticationMethod: 'steps' });
    peer.send(auth());
    const connack = await peer.receive('connack');
    expect(connack.reasonCode).toBe(0);
    expect(connack.properties).toMatchObject({ authenticationMethod: 'steps' });
    expect(Buffer.from(connack.properties.authenticationData ?? []).toString()).toBe('welcome');
    expect(broker.sessions()).toMatchObject([{ clientIdentifier: 'c', principalName: 'anna' }]);
  });

  test('is refused with 0x8C where the method is unknown [MQTT-4.12.0-1]', async () => {
    const { broker } = await openBroker({ authenticationMethods: [stepsThen()] });
    const peer = open(broker);
    peer.send(withMethod({}, 'another'));
    await expectRefused(peer, 0x8c);
  });

  test.each<[string, Step | Error, number]>([
    ['a refusal', { reasonCode: 0x8a }, 0x8a],
    ['an AuthenticationError', new AuthenticationError('no'), 0x87],
  ])('is refused by %s, at once or after a challenge [MQTT-4.12.0-4]', async (_, step, code) => {
    await expectRefused((await begun(stepsThen(step))).peer, code);
    const { broker, peer } = await begun(stepsThen(ask, step));
    await peer.receive('auth');
    peer.send(auth());
    await expectRefused(peer, code);
    expect(broker.sessions()).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['throws', new Error('the directory is down')],
    ['rejects', () => Promise.reject(new Error('the directory is down'))],
    ['answers nothing', async () => undefined],
    ['answers true', true],
    ['has a principal without a name', { principal: {} }],
    ['has text for data', { data: 'text' }],
  ])('is refused by a method that %s, and the logger is told', async (_, step) => {
    const logger = recordingLogger();
    const { peer } = await begun(stepsThen(step as Step), { logger });
    await expectRefused(peer, 0x83);
    expect(logger.errors).toMatchObject([{ code: 'PETREL_HOOK_FAILED' }]);
  });

  test('asks neither the hook authenticate nor anybody about User Name and Password', async () => {
    const asked: unknown[] = [];
    const hooks = { authenticate: () => asked.push('asked') > 0 };
    const { peer } = await accepted(stepsThen(), { hooks });
    await peer.expectNothing();
    expect(asked).toEqual([]);
  });

  test('lets nothing but AUTH and DISCONNECT come before CONNACK [MQTT-3.1.2-30] [MQTT-3.1.0-2]', async () => {
    for (const packet of [publish('a'), subscribe('a'), { type: 'pingreq' } as const, withMethod()]) {
      const { broker, peer } = await begun(stepsThen(ask));
      await peer.receive('auth');
      peer.send(packet);
      await expectRefused(peer, 0x82);
      expect(broker.sessions()).toEqual([]);
    }
    const { broker, peer } = await begun(stepsThen(ask));
    await peer.receive('auth');
    peer.send({ type: 'disconnect', reasonCode: 0, properties: {} });
    expect(await peer.closed()).toEqual([]);
    expect(broker.metrics().connections).toBe(0);
  });

  test('keeps to its method [MQTT-4.12.0-5]', async () => {
    const { peer } = await begun(stepsThen(ask));
    await peer.receive('auth');
    peer.send(auth(0x18, 'another'));
    await expectRefused(peer, 0x82);
  });

  test('cannot begin anew before it is over', async () => {
    const { peer } = await begun(stepsThen(ask, ask));
    await peer.receive('auth');
    peer.send(auth(0x19));
    await expectRefused(peer, 0x82);
  });

  test('is over after connectTimeoutMs, however many rounds it took', async () => {
    const { clock, peer } = await begun(stepsThen(ask, ask, ask), { limits: { connectTimeoutMs: 1000 } });
    await peer.receive('auth');
    clock.advance(999);
    peer.send(auth());
    await peer.receive('auth');
    clock.advance(1);
    await expectRefused(peer, 0x80);
  });

  test('is over after maximumAuthenticationRounds packets', async () => {
    const { peer } = await begun(stepsThen(ask, ask, ask, ask), {
      limits: { maximumAuthenticationRounds: 3 },
    });
    for (let round = 0; round < 3; round++) {
      await peer.receive('auth');
      peer.send(auth());
    }
    await expectRefused(peer, 0x87);
  });

  test('takes no larger packets than any that is not connected yet', async () => {
    const { peer } = await begun(stepsThen(ask), { limits: { maximumPacketSizeBeforeConnectBytes: 200 } });
    await peer.receive('auth');
    peer.send([0xf0, 0xff, 0x01]);
    await expectRefused(peer, 0x95);
  });

  test('a challenge that the client cannot take ends it [MQTT-3.1.2-24]', async () => {
    const { broker } = await openBroker({ authenticationMethods: [stepsThen(ask)] });
    const peer = open(broker);
    peer.send(withMethod({ properties: { maximumPacketSize: 15 } }));
    await expectRefused(peer, 0x95);
  });

  test('does not take the session of another principal', async () => {
    const { broker } = await openBroker({ authenticationMethods: [stepsThen()], allowAnonymous: true });
    await connected(broker, { clientIdentifier: 'c' });
    const peer = open(broker);
    peer.send(withMethod());
    await expectRefused(peer, 0x87);
  });
});

describe('CONNECT without an Authentication Method', () => {
  test('is refused where there are methods and nothing else to authenticate by', async () => {
    const { broker } = await openBroker({ authenticationMethods: [stepsThen()] });
    for (const protocolVersion of [5, 4] as const) {
      const peer = open(broker, { protocolVersion });
      expect((await peer.connect({ protocolVersion })).reasonCode).toBe(0x87);
      await peer.closed();
    }
  });

  test.each([{ allowAnonymous: true }, { hooks: { authenticate: () => true } }])(
    'is accepted with %j, has no method in CONNACK and no AUTH [MQTT-4.12.0-6]',
    async (options) => {
      const { broker } = await openBroker({ authenticationMethods: [stepsThen()], ...options });
      const peer = open(broker);
      const connack = await peer.connect({ clientIdentifier: 'c' });
      expect(connack).toMatchObject({ reasonCode: 0 });
      expect(connack.properties.authenticationMethod).toBeUndefined();
      peer.send(auth());
      await expectDisconnect(peer, 0x82);
    },
  );
});

describe('re-authentication', () => {
  test('goes on beside the traffic of the client, and ends with AUTH 0x00', async () => {
    const principals: unknown[] = [];
    const { broker, peer } = await accepted(againWith(ask), {
      hooks: { authorizePublish: ({ principal }) => principals.push(principal) > 0 },
    });
    await subscribed(peer, 'a');
    peer.send(auth(0x19), publish('a', 'in between'));
    expect((await peer.receive('auth')).reasonCode).toBe(0x18);
    expect((await peer.receive('publish')).topicName).toBe('a');
    await broker.publish({ topicName: 'a' });
    await peer.receive('publish');
    peer.send(auth());
    const done = await peer.receive('auth');
    expect(done).toMatchObject({ reasonCode: 0, properties: { authenticationMethod: 'steps' } });
    expect(Buffer.from(done.properties.authenticationData ?? []).toString()).toBe('welcome');
    await peer.expectNothing();
    expect(principals).toEqual([{ name: 'anna' }]);
  });

  test('that fails ends the connection with DISCONNECT 0x87 [MQTT-4.12.1-2]', async () => {
    const { peer } = await accepted(againWith(new AuthenticationError('no')));
    peer.send(auth(0x19));
    await expectDisconnect(peer, 0x87);
  });

  test('as another principal is one that fails', async () => {
    let begins = 0;
    const { peer } = await accepted({
      name: 'steps',
      begin: () => ({ next: () => ({ principal: { name: `anna${begins++}` } }) }),
    });
    peer.send(auth(0x19));
    await expectDisconnect(peer, 0x87);
  });

  test('keeps the method of CONNECT [MQTT-4.12.1-1]', async () => {
    const { peer } = await accepted(stepsThen());
    peer.send(auth(0x19, 'another'));
    await expectDisconnect(peer, 0x82);
  });

  test.each([
    ['AUTH 0x18 where nothing runs', [auth(0x18)]],
    ['AUTH 0x19 within another', [auth(0x19), auth(0x19)]],
  ])('%s is a protocol error', async (_, packets) => {
    const { peer } = await accepted(againWith(ask));
    peer.send(...packets);
    if (packets.length > 1) await peer.receive('auth');
    await expectDisconnect(peer, 0x82);
  });

  test('that the client leaves halfway ends after connectTimeoutMs', async () => {
    const { clock, peer } = await accepted(againWith(ask), { limits: { connectTimeoutMs: 1000 } });
    peer.send(auth(0x19));
    await peer.receive('auth');
    clock.advance(999);
    await peer.expectNothing();
    clock.advance(1);
    await expectDisconnect(peer, 0x87);
  });

  test('asks again about every subscription (CVE-2021-34434)', async () => {
    let isTrusted = true;
    const { broker, peer } = await accepted(stepsThen(), {
      hooks: { authorizeSubscribe: (_, { topicFilter }) => isTrusted || topicFilter !== 'secret' },
    });
    await subscribed(peer, ['secret', 'open']);
    isTrusted = false;
    peer.send(auth(0x19));
    await peer.receive('auth');
    expect(broker.sessions()[0]?.topicFilters).toEqual(['open']);
  });
});

test.each<[unknown, string]>([
  ['SCRAM-SHA-256', 'option "authenticationMethods" must be an array'],
  [[null], 'option "authenticationMethods[0]" must be an object with name and begin, got null'],
  [[{ name: '', begin() {} }], 'option "authenticationMethods[0]" must be'],
  [[stepsThen(), stepsThen()], 'option "authenticationMethods[1]" has the name "steps" once more'],
])('options are checked: %j', async (authenticationMethods, message) => {
  await expect(openBroker({ authenticationMethods: authenticationMethods as never })).rejects.toThrow(
    message,
  );
});
