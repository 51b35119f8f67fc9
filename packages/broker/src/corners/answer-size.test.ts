/** Spec corners of size: what a broker sends fits the client's Maximum Packet Size, whatever it is about. */
import { describe, expect, test } from 'vitest';
import { connected, open, openBroker, publish, subscribe, subscribed } from '../broker-fixture.suite.js';

const flood = (count: number) =>
  Array.from({ length: count }, (_, index): [string, string] => [`name ${index}`, 'x']);

describe('Reason String and User Properties go first', () => {
  test.each([20, 30, 60])(
    'a CONNECT with too many User Properties and a Maximum Packet Size of %i gets a refusal that fits [MQTT-3.1.2-24] [MQTT-3.2.2-19]',
    async (maximumPacketSize) => {
      const { broker } = await openBroker({ limits: { maximumUserProperties: 2 } });
      const peer = open(broker);
      const bytes: Uint8Array[] = [];
      peer.stream.on('data', (chunk: Uint8Array) => bytes.push(chunk));
      const connack = await peer.connect({ properties: { maximumPacketSize, userProperties: flood(3) } });
      expect(connack.reasonCode).toBe(0x97);
      expect(Buffer.concat(bytes).length).toBeLessThanOrEqual(maximumPacketSize);
      await peer.closed();
    },
  );

  test('DISCONNECT for any later packet fits too [MQTT-3.14.2-3]', async () => {
    const { broker } = await openBroker({ limits: { maximumUserProperties: 2 } });
    const peer = await connected(broker, { properties: { maximumPacketSize: 30 } });
    const bytes: Uint8Array[] = [];
    peer.stream.on('data', (chunk: Uint8Array) => bytes.push(chunk));
    peer.send(publish('a', '', { properties: { userProperties: flood(3) } }));
    expect(await peer.closed()).toMatchObject([{ type: 'disconnect', reasonCode: 0x97 }]);
    expect(Buffer.concat(bytes).length).toBeLessThanOrEqual(30);
  });

  test('a SUBACK that cannot fit at all is not sent, and the client still served [MQTT-3.1.2-24]', async () => {
    const { broker } = await openBroker();
    const peer = await connected(broker, { properties: { maximumPacketSize: 30 } });
    peer.send(subscribe(Array.from({ length: 40 }, (_, index) => `a/${index}`)));
    await peer.expectNothing();
    await subscribed(peer, 'b');
  });
});
