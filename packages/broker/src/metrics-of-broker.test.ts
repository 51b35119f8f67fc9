/** That what the broker counts is what happened. */
import { expect, test } from 'vitest';
import {
  connected,
  connectedWith,
  open,
  openBroker,
  publish,
  published,
  subscribed,
} from './broker-fixture.suite.js';

const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 60 } };

test('counts connections by how they ended', async () => {
  const { broker } = await openBroker({ hooks: { authenticate: ({ userName }) => userName !== 'bad' } });
  const polite = await connected(broker, { clientIdentifier: 'polite' });
  const lost = await connected(broker, { ...lasting, clientIdentifier: 'lost' });
  const taken = await connected(broker, { clientIdentifier: 'taken' });
  expect(broker.metrics()).toMatchObject({
    connections: 3,
    maximumConnections: 3,
    sessions: 3,
    connectionsAccepted: 3,
  });
  polite.send({ type: 'disconnect', reasonCode: 0, properties: {} });
  lost.end();
  await Promise.all([polite.closed(), lost.closed()]);
  await connected(broker, { clientIdentifier: 'taken' });
  await taken.closed();
  const refused = open(broker);
  await refused.connect({ userName: 'bad' });
  await refused.closed();
  const bad = await connected(broker, { clientIdentifier: 'bad packets' });
  bad.send([0x00, 0x00]);
  await bad.closed();
  expect(broker.metrics()).toMatchObject({
    connections: 1,
    maximumConnections: 3,
    sessions: 2,
    connectionsAccepted: 5,
    connectionsRefused: 1,
    connectionsLost: 1,
    connectionsEnded: 2,
    sessionsTakenOver: 1,
  });
});

test('counts packets, messages and bytes in both directions', async () => {
  const { broker } = await openBroker({
    hooks: { authorizePublish: (_client, { topicName }) => topicName !== 'forbidden' },
  });
  const { peer } = await connectedWith(broker);
  await subscribed(peer, 'a');
  const before = broker.metrics();
  peer.send(publish('a', 'hello'));
  await peer.receive('publish');
  await published(peer, 'forbidden', 'x', 1);
  const after = broker.metrics();
  const rise = (
    name: 'messagesReceived' | 'messagesSent' | 'messagesRefused' | 'packetsReceived' | 'packetsSent',
  ) => after[name] - before[name];
  expect(rise('messagesReceived')).toBe(2);
  expect(rise('messagesSent')).toBe(1);
  expect(rise('messagesRefused')).toBe(1);
  expect(rise('packetsReceived')).toBe(2);
  expect(rise('packetsSent')).toBe(2);
  // PUBLISH of 11 bytes there and back; PUBLISH of 17 bytes, PUBACK with a Reason Code.
  expect(after.bytesReceived - before.bytesReceived).toBe(11 + 17);
  expect(after.bytesSent - before.bytesSent).toBe(11 + 5);
});
