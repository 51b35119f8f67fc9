/** Brokers that send our client to another one (MQTT 5.0 section 4.11), over TCP. */
import { type Broker, type BrokerHooks, createBroker } from '@petrel/broker';
import { type Client, type ClientOptions, connect } from '@petrel/client';
import { afterEach, describe, expect, test } from 'vitest';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(hooks: BrokerHooks = {}): Promise<{ broker: Broker; url: string; host: string }> {
  const broker = await createBroker({ listeners: [{ type: 'tcp', port: 0 }], hooks });
  ends.push(() => broker.destroy());
  const { url, port } = broker.addresses[0] as { url: string; port: number };
  return { broker, url, host: `127.0.0.1:${port}` };
}

async function startClient(url: string, options: Partial<ClientOptions> = {}): Promise<Client> {
  const client = await connect({ url, reconnect: { minDelayMs: 1, maxDelayMs: 5 }, ...options });
  ends.push(async () => client.destroy());
  return client;
}

/** The servers that a client connects to from now on; resolves with the next one each time. */
function nextServer(client: Client): Promise<string> {
  return new Promise((resolve) => {
    const off = client.on('connect', ({ url }) => {
      off();
      resolve(url);
    });
  });
}

describe.each([0x9c, 0x9d])('CONNACK 0x%x', (reasonCode) => {
  test('leads the client to the other broker', async () => {
    const other = await startBroker();
    const referring = await startBroker({ connect: () => ({ reasonCode, serverReference: other.host }) });
    const client = await startClient(referring.url);
    expect(client.server?.url).toBe(other.url);
  });

  test('is a refusal like any other with followServerReference: false', async () => {
    const referring = await startBroker({ connect: () => ({ reasonCode, serverReference: 'other:1883' }) });
    await expect(startClient(referring.url, { followServerReference: false })).rejects.toMatchObject({
      code: 'PETREL_CONNECT_REFUSED',
      reasonCode,
      serverReference: 'other:1883',
    });
  });

  test('does not lead in circles for ever', async () => {
    const referring: { host: string } = { host: '' };
    const { url, host } = await startBroker({
      connect: () => ({ reasonCode, serverReference: referring.host }),
    });
    referring.host = host;
    await expect(startClient(url)).rejects.toMatchObject({ reasonCode });
  });
});

test('DISCONNECT 0x9C leads away for one connection', async () => {
  const [home, other] = await Promise.all([startBroker(), startBroker()]);
  const client = await startClient(home.url, { clientIdentifier: 'c' });
  let next = nextServer(client);
  home.broker.disconnect('c', { reasonCode: 0x9c, serverReference: other.host });
  expect(await next).toBe(other.url);
  next = nextServer(client);
  other.broker.disconnect('c');
  expect(await next).toBe(home.url);
});

test('DISCONNECT 0x9D leads away for ever', async () => {
  const [home, other] = await Promise.all([startBroker(), startBroker()]);
  const client = await startClient(home.url, { clientIdentifier: 'c' });
  let next = nextServer(client);
  home.broker.disconnect('c', { reasonCode: 0x9d, serverReference: other.host });
  expect(await next).toBe(other.url);
  next = nextServer(client);
  other.broker.disconnect('c');
  expect(await next).toBe(other.url);
  expect(home.broker.sessions().filter(({ connected }) => connected)).toEqual([]);
});

test('Response Information reaches a client that asks for it [MQTT-3.1.2-28]', async () => {
  const { url } = await startBroker({
    responseInformation: ({ clientIdentifier }) => `replies/${clientIdentifier}`,
  });
  const asking = await startClient(url, {
    clientIdentifier: 'c',
    properties: { requestResponseInformation: true },
  });
  expect(asking.server?.responseInformation).toBe('replies/c');
  const silent = await startClient(url);
  expect(silent.server?.responseInformation).toBeUndefined();
});

test.each([5, 4] as const)(
  'close({ withWill: true }) has the Will published, version %i',
  async (protocolVersion) => {
    const { url } = await startBroker();
    const watcher = await startClient(url);
    const wills = await watcher.subscribe('gone', { qos: 1 });
    const leaving = await startClient(url, {
      protocolVersion,
      will: { topicName: 'gone', payload: 'bye', qos: 1 },
    });
    await leaving.close({ withWill: true });
    for await (const message of wills) {
      expect(message.text()).toBe('bye');
      break;
    }
  },
);
