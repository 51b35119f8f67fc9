/** What services do over every broker, among themselves and with programs that know nothing of Petrel; and what a broker cannot do is said at the start, or made up for. */
import { fileURLToPath } from 'node:url';
import { createService, type Service, type ServiceOptions } from '@petrel/service';
import {
  describePeer,
  eventually,
  findMosquittoClient,
  findPaho,
  type LaunchedProcess,
  launchProcess,
  pathOf,
} from '@petrel/testing';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';

/** What a broker does not do. docs/reference/brokers.md says the same as a table, and a test compares them. */
export interface BrokerTraits {
  /** The newest version that it speaks. */
  readonly version: 4 | 5;
  /** Knows shared subscriptions. */
  readonly groups: boolean;
  /** Tells the publisher that nobody is subscribed. */
  readonly tellsNoSubscribers: boolean;
  /** The highest QoS that it grants. */
  readonly qos: 1 | 2;
}

/** A running broker. */
export interface InteropBroker {
  readonly url: string;
}

const pahoPeer = fileURLToPath(new URL('paho-peer.py', import.meta.url));

/** The tests of one broker. */
export function serviceInteropSuite(running: () => InteropBroker, traits: BrokerTraits): void {
  const cleanUp: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of cleanUp.splice(0).reverse()) await close();
  });

  async function open(
    options: ServiceOptions = {},
    declare?: (service: Service) => Promise<unknown>,
  ): Promise<Service> {
    const service = await createService({ url: running().url, ...options }, declare);
    cleanUp.push(() => service.close());
    return service;
  }

  const has5 = traits.version === 5;
  // Topics of their own, since a broker may remember those of the last test.
  let tests = 0;
  const topic = (name: string): string => `interop/${process.pid}/${++tests}/${name}`;
  const sum = (numbers: number[]) => numbers.reduce((total, value) => total + value, 0);

  describe('among themselves', () => {
    test('the newest version that the broker speaks is spoken without being told', async () => {
      const connected = await connectAsync(running().url, { protocolVersion: traits.version });
      await connected.endAsync();
      const service = await open();
      const about = topic('about');
      const seen = new Promise<unknown>((resolve) => {
        void service
          .on(about, (_, { message }) => resolve(message.properties.contentType))
          .then(() => service.publish(about, { n: 1 }));
      });
      expect(await seen).toBe(has5 ? 'application/json' : undefined);
    });

    test('requests are answered by a value, by a stream and by an error', async () => {
      const [server, asking] = [await open(), await open()];
      const base = topic('calls');
      await server.respond(`${base}/sum`, sum);
      await server.respond(`${base}/count/:to`, async function* (_, { parameters }) {
        for (let n = 1; n <= Number(parameters.to); n++) yield n;
      });
      await server.respond(`${base}/fails`, () => {
        throw Object.assign(new Error('no such room'), { code: 'NO_ROOM' });
      });
      expect(await asking.request(`${base}/sum`, [1, 2, 3])).toBe(6);
      const items: unknown[] = [];
      for await (const item of asking.requestStream(`${base}/count/3`)) items.push(item);
      expect(items).toEqual([1, 2, 3]);
      await expect(asking.request(`${base}/fails`)).rejects.toMatchObject({ remoteCode: 'NO_ROOM' });
    });

    test('twenty requests at once get each its own answer', async () => {
      const [server, asking] = [await open(), await open()];
      const echo = topic('echo');
      await server.respond(echo, (data) => data);
      const numbers = Array.from({ length: 20 }, (_, index) => index);
      expect(await Promise.all(numbers.map((n) => asking.request(echo, n)))).toEqual(numbers);
    });

    test('data, text and bytes arrive as what they were, and headers where the version has them', async () => {
      const [server, telling] = [await open(), await open()];
      const seen: unknown[] = [];
      const base = topic('data');
      await server.on(`${base}/:kind`, (data, { parameters, userProperties }) =>
        seen.push([parameters.kind, data instanceof Uint8Array ? [...data] : data, ...userProperties]),
      );
      const properties = { userProperties: [['unit', 'C'] as const] };
      await telling.publish(`${base}/json`, { id: 1, data: [true, null] }, { properties });
      await telling.publish(`${base}/text`, 'läuft');
      await telling.publish(`${base}/bytes`, Uint8Array.of(0, 0x89, 0xff));
      const header = has5 ? [['unit', 'C']] : [];
      await eventually(() =>
        expect(seen.toSorted()).toEqual(
          [
            ['json', { id: 1, data: [true, null] }, ...header],
            ['text', 'läuft'],
            ['bytes', [0, 0x89, 0xff]],
          ].toSorted(),
        ),
      );
    });

    test('a request that nobody serves fails: at once where the broker tells, otherwise at its deadline', async () => {
      const asking = await open();
      const failure = asking.request(topic('nobody'), 1, { timeoutMs: traits.tellsNoSubscribers ? 0 : 300 });
      const code = traits.tellsNoSubscribers ? 'PETREL_NO_RESPONDER' : 'PETREL_REQUEST_TIMEOUT';
      await expect(failure).rejects.toMatchObject({ code });
    });

    test('of a group each message reaches one; where the broker knows no groups, the start fails and says so', async () => {
      const [one, other, telling] = [await open(), await open(), await open()];
      const seen: unknown[] = [];
      const jobs = topic('jobs');
      const join = (service: Service) =>
        service.on(jobs, (data) => seen.push(data), { group: `group${process.pid}` });
      if (!traits.groups) {
        await expect(join(one)).rejects.toMatchObject({
          code: 'PETREL_SUBSCRIPTION_REFUSED',
          message: expect.stringContaining('knows no shared subscriptions'),
        });
        return;
      }
      await Promise.all([join(one), join(other)]);
      for (let n = 0; n < 10; n++) await telling.publish(jobs, n);
      await eventually(() => expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    });

    test('an empty message clears a retained one', async () => {
      const telling = await open();
      const [kept, cleared] = [topic('kept'), topic('kept')];
      for (const name of [kept, cleared]) await telling.publish(name, 'on', { retain: true });
      /** What a new subscriber gets first: the retained message, or what is published after its subscription. */
      const firstOf = async (name: string): Promise<unknown> => {
        const receiving = await open();
        const first = new Promise(
          (resolve) => void receiving.on(name, resolve).then(() => telling.publish(name, 'live')),
        );
        return first;
      };
      // A broker may confirm a retained message before it keeps it, or before it forgets it.
      await eventually(async () => expect(await firstOf(kept)).toBe('on'));
      await telling.publish(cleared, undefined, { retain: true });
      await eventually(async () => expect(await firstOf(cleared)).toBe('live'));
      await telling.publish(kept, undefined, { retain: true });
    });

    test('a session goes on with what came meanwhile', async () => {
      const clientIdentifier = `worker-${process.pid}-${++tests}`;
      const session = { clientIdentifier, cleanStart: false, sessionExpiryInterval: 600 };
      const seen: unknown[] = [];
      const jobs = topic('jobs');
      const declare = (service: Service) => service.on(jobs, (data) => seen.push(data));
      const first = await open(session, declare);
      const telling = await open();
      await telling.publish(jobs, 'one');
      await eventually(() => expect(seen).toEqual(['one']));
      await first.close();
      await telling.publish(jobs, 'two');
      await open(session, declare);
      await eventually(() => expect(seen).toEqual(['one', 'two']));
      await (await open({ clientIdentifier })).close();
    });

    test(`QoS ${traits.qos} is granted where 2 is asked for`, async () => {
      const [server, telling] = [await open(), await open()];
      const name = topic('exactly');
      const seen = new Promise<number>((resolve) => {
        void server
          .on(name, (_, { message }) => resolve(message.qos), { qos: 2 })
          .then(() => telling.publish(name, 1, { qos: traits.qos }));
      });
      expect(await seen).toBe(traits.qos);
    });
  });

  describe.each(has5 ? ([5, 4] as const) : ([4] as const))(
    'with a foreign program on version %d',
    (version) => {
      async function foreign(): Promise<MqttClient> {
        const client = await connectAsync(running().url, { protocolVersion: version });
        cleanUp.push(() => client.endAsync(true));
        return client;
      }

      test('MQTT.js asks', async () => {
        const name = topic('sum');
        await (await open()).respond(name, sum);
        const asking = await foreign();
        const answers = version === 5 ? topic('answers') : `${name}/reply`;
        const answer = new Promise<unknown>((resolve) =>
          asking.once('message', (_, payload) => resolve(JSON.parse(payload.toString()))),
        );
        await asking.subscribeAsync(answers, { qos: 1 });
        if (version === 5) {
          const properties = { responseTopic: answers, correlationData: Buffer.from('7') };
          await asking.publishAsync(name, '[1,2,3]', { qos: 1, properties });
          expect(await answer).toBe(6);
        } else {
          await asking.publishAsync(name, JSON.stringify({ pattern: name, data: [1, 2, 3], id: '7' }), {
            qos: 1,
          });
          expect(await answer).toEqual({ response: 6, isDisposed: true, id: '7' });
        }
      });

      test('MQTT.js answers', async () => {
        const name = topic('length');
        const answering = await foreign();
        answering.on('message', (_, payload, { properties = {} }) => {
          const received = JSON.parse(payload.toString()) as number[] & { data: number[]; id: string };
          const { responseTopic, correlationData } = properties;
          if (responseTopic !== undefined && correlationData !== undefined) {
            answering.publish(responseTopic, String(received.length), {
              qos: 1,
              properties: { correlationData },
            });
          } else {
            const reply = { response: received.data.length, isDisposed: true, id: received.id };
            answering.publish(`${name}/reply`, JSON.stringify(reply), { qos: 1 });
          }
        });
        await answering.subscribeAsync(name, { qos: 1 });
        const envelope = version === 5 ? 'native' : 'nest';
        expect(await (await open({ envelope })).request(name, [1, 2])).toBe(2);
      });

      describePeer(findMosquittoClient('mosquitto_rr'), 'mosquitto_rr', () => {
        test('asks', async () => {
          const name = topic('sum');
          await (await open()).respond(name, sum);
          const [answers, message] =
            version === 5
              ? [topic('answers'), '[1,2,3]']
              : [`${name}/reply`, JSON.stringify({ pattern: name, data: [1, 2, 3], id: '7' })];
          const { port } = new URL(running().url);
          const program = await launchProcess({
            command: pathOf(findMosquittoClient('mosquitto_rr')),
            args: [
              '-p',
              port,
              '-t',
              name,
              '-e',
              answers,
              '-m',
              message,
              '-q',
              '1',
              '-W',
              '60',
              '-V',
              version === 5 ? '5' : 'mqttv311',
            ],
          });
          cleanUp.push(() => program.stop());
          expect(await program.exited, program.output).toMatchObject({ code: 0 });
          expect(JSON.parse(program.stdout)).toEqual(
            version === 5 ? 6 : { response: 6, isDisposed: true, id: '7' },
          );
        });
      });

      describePeer(findPaho(), 'Paho', () => {
        async function paho(...args: string[]): Promise<LaunchedProcess> {
          const { port } = new URL(running().url);
          const [part = '', ...more] = args;
          const program = await launchProcess({
            command: pathOf(findPaho()),
            args: [pahoPeer, port, String(version), part, ...more],
            ...(part === 'answer' && { ready: { line: /ready/ }, readyTimeoutMs: 30_000 }),
          });
          cleanUp.push(() => program.stop());
          return program;
        }

        test('asks', async () => {
          const name = topic('sum');
          await (await open()).respond(name, sum);
          const program = await paho('ask', name, '[1,2,3]');
          expect(await program.exited, program.output).toMatchObject({ code: 0 });
          expect(program.stdout.trim()).toBe('6');
        });

        test('answers', async () => {
          const name = topic('length');
          await paho('answer', name);
          const envelope = version === 5 ? 'native' : 'nest';
          expect(await (await open({ envelope })).request(name, [1, 2])).toBe(2);
        });
      });
    },
  );
}
