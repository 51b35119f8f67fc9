/** Enhanced authentication of our client at our broker, with SCRAM-SHA-256 and in one process. */
import {
  type Broker,
  createBroker,
  deriveScramCredentials,
  scramSha256 as serverScram,
} from '@petrel/broker';
import { type Client, type ClientOptions, connect, scramSha256 } from '@petrel/client';
import { encodePacket } from '@petrel/protocol';
import { afterEach, describe, expect, test } from 'vitest';

const anna = await deriveScramCredentials('ein Geheimnis', { iterations: 4096 });
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(credentials = () => anna): Promise<Broker> {
  const lookup = (userName: string) => (userName === 'anna' ? credentials() : undefined);
  const broker = await createBroker({ authenticationMethods: [serverScram({ lookup, iterations: 4096 })] });
  ends.push(() => broker.destroy());
  return broker;
}

async function startClient(broker: Broker, options: Partial<ClientOptions> = {}): Promise<Client> {
  const client = await connect({ stream: () => broker.connect(), ...options });
  ends.push(async () => client.destroy());
  return client;
}

describe('SCRAM-SHA-256', () => {
  test('lets in who knows the password, which never travels [MQTT-4.12.0-5]', async () => {
    const broker = await startBroker();
    const sent: Uint8Array[] = [];
    const stream = () => {
      const duplex = broker.connect();
      const write = duplex.write.bind(duplex) as (chunk: Uint8Array) => boolean;
      return Object.assign(duplex, {
        write(chunk: Uint8Array) {
          sent.push(chunk);
          return write(chunk);
        },
      });
    };
    const authentication = scramSha256({ userName: 'anna', password: 'ein Geheimnis' });
    const client = await startClient(broker, { stream, authentication, clientIdentifier: 'c' });
    await client.publish('a', 'x', { qos: 1 });
    expect(broker.sessions()).toMatchObject([{ clientIdentifier: 'c', principalName: 'anna' }]);
    const bytes = Buffer.concat(sent).toString();
    expect(bytes).toContain('n,,n=anna');
    expect(bytes).not.toContain('Geheimnis');
  });

  test.each([
    ['a wrong password', { userName: 'anna', password: 'ein Verdacht' }],
    ['an unknown user', { userName: 'bert', password: 'ein Geheimnis' }],
  ])('refuses %s in the same words [MQTT-4.12.0-4]', async (_, credentials) => {
    const broker = await startBroker();
    await expect(startClient(broker, { authentication: scramSha256(credentials) })).rejects.toMatchObject({
      code: 'PETREL_CONNECT_REFUSED',
      reasonCode: 0x87,
      message: 'the given stream refused: 0x87 not authorized: user name or password is wrong',
    });
  });

  test('lets a client find out a broker that only pretends to know the user', async () => {
    const broker = await startBroker(() => ({ ...anna, serverKey: Buffer.alloc(32) }));
    const authentication = scramSha256({ userName: 'anna', password: 'ein Geheimnis' });
    await expect(startClient(broker, { authentication })).rejects.toMatchObject({
      code: 'PETREL_CONNECT_AUTHENTICATION',
    });
  });

  test('is not supported by a broker without methods [MQTT-4.12.0-1]', async () => {
    const broker = await createBroker();
    ends.push(() => broker.destroy());
    const authentication = scramSha256({ userName: 'anna', password: 'ein Geheimnis' });
    await expect(startClient(broker, { authentication })).rejects.toMatchObject({ reasonCode: 0x8c });
  });
});

describe('reauthenticate()', () => {
  test('succeeds while messages go on in both directions', async () => {
    const broker = await startBroker();
    const authentication = scramSha256({ userName: 'anna', password: 'ein Geheimnis' });
    const client = await startClient(broker, { authentication });
    const received: string[] = [];
    await client.subscribe('numbers', { qos: 1 }, (message) => void received.push(message.text()));
    const again = client.reauthenticate();
    const numbers = Array.from({ length: 100 }, (_, index) => String(index));
    await Promise.all(numbers.map((number) => client.publish('numbers', number, { qos: 1 })));
    await again;
    await client.reauthenticate();
    await client.publish('numbers', 'last', { qos: 1 });
    await client.close();
    expect(received).toEqual([...numbers, 'last']);
  });

  test('that fails ends the connection, and the client tells why [MQTT-4.12.1-2]', async () => {
    let current = anna;
    const broker = await startBroker(() => current);
    const authentication = scramSha256({ userName: 'anna', password: 'ein Geheimnis' });
    const client = await startClient(broker, { authentication, reconnect: false });
    current = await deriveScramCredentials('ein neues Geheimnis', { iterations: 4096 });
    await expect(client.reauthenticate()).rejects.toMatchObject({
      code: 'PETREL_CONNECTION_ENDED',
      reasonCode: 0x87,
    });
  });
});

test('a broker with methods serves a good client while others break off halfway', async () => {
  const broker = await startBroker();
  for (let count = 0; count < 50; count++) {
    const stream = broker.connect();
    stream.on('error', () => {});
    const connectBytes = encodePacket(
      {
        type: 'connect',
        protocolVersion: 5,
        clientIdentifier: `half${count}`,
        cleanStart: true,
        keepAlive: 0,
        properties: {
          authenticationMethod: 'SCRAM-SHA-256',
          authenticationData: Buffer.from('n,,n=anna,r=x'),
        },
      },
      5,
    );
    stream.write(connectBytes);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.destroy();
  }
  const authentication = scramSha256({ userName: 'anna', password: 'ein Geheimnis' });
  const client = await startClient(broker, { authentication });
  expect(client.status).toBe('connected');
  expect(broker.sessions()).toHaveLength(1);
});
