import { expect, test } from 'vitest';
import { judge } from './checkers/index.js';
import { run } from './run.js';
import { type ConnectStep, noFaults } from './step.js';

const connect: ConnectStep & { readonly afterMs: number } = {
  kind: 'connect',
  afterMs: 0,
  client: 'c1',
  protocolVersion: 5,
  cleanStart: false,
  sessionExpiryInterval: 1000,
  receiveMaximum: 20,
  maximumPacketSize: 0,
  keepAlive: 0,
  acknowledgeAfterMs: 0,
  abandonsFormer: false,
  will: undefined,
  faults: noFaults,
};

// Found by seed 6 of 80 steps, when the broker began to accept within the turn that brings CONNECT.
test('a CONNECT takes over although its connection ends with it, and no Will comes after that [MQTT-3.1.3-9]', async () => {
  const late = { ...noFaults, toServer: { delayMs: 900, chunkSizes: [] } };
  const will = { message: 'c1/will', topicName: 't/0', qos: 2, retain: false, delay: 5 } as const;
  const events = await run([
    { ...connect, faults: late },
    { ...connect, will },
    { kind: 'wait', afterMs: 8000 },
  ]);
  const accepted = events.filter(({ kind, at }) => kind === 'accept' && at === 900);
  const answered = events.filter(
    (event) => event.kind === 'leave' && event.at === 900 && event.packet.type === 'connack',
  );
  expect([accepted.length, answered.length]).toEqual([1, 0]);
  expect(judge(events)).toEqual([]);
});
