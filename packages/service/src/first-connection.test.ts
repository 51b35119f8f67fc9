import { createClient } from '@petrel/client';
import { noProperties, type PublishPacket } from '@petrel/protocol';
import { startRawServer } from '@petrel/testing';
import { expect, it } from 'vitest';
import { firstConnection } from './first-connection.js';

const publish = (packetIdentifier: number): PublishPacket => ({
  type: 'publish',
  topicName: 'jobs/1',
  payload: new Uint8Array(0),
  qos: 1,
  retain: false,
  dup: true,
  packetIdentifier,
  properties: noProperties,
});

it('a server that sends more than Receive Maximum with its CONNACK does not fail the first connection', async () => {
  const server = await startRawServer();
  const client = createClient({
    url: server.url,
    clientIdentifier: 'worker',
    cleanStart: false,
    receiveMaximum: 2,
    protocolVersion: 5,
  });
  const errors: string[] = [];
  client.on('error', ({ code }) => errors.push(code));
  try {
    const connected = firstConnection(client, 1);
    const peer = await server.accept();
    await peer.receive('connect');
    const connack = {
      type: 'connack',
      sessionPresent: true,
      reasonCode: 0,
      properties: noProperties,
    } as const;
    peer.send(connack, publish(1), publish(2), publish(3));
    await connected;
    expect(errors).toHaveLength(1);
    expect(client.status).toBe('connected');
  } finally {
    client.destroy();
    await server.close();
  }
});
