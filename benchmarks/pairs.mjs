/**
 * Pairs of a publisher and a subscriber, each with a topic of its own: what a broker forwards per second, and what each message costs it.
 * A closed loop bounded by receipts: a publisher sends only as many as its subscriber has got.
 *
 *     node benchmarks/pairs.mjs --brokers petrel,mosquitto,aedes --qos 0,1 --version 4 --pairs 50 --outstanding 100 --payload 64 --seconds 5
 */
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { encodePacket } from '@petrel/protocol';
import { startBroker } from './start-broker.mjs';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: 'petrel,mosquitto,aedes' },
    qos: { type: 'string', default: '0,1' },
    version: { type: 'string', default: '4' },
    pairs: { type: 'string', default: '50' },
    outstanding: { type: 'string', default: '100' },
    payload: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    profile: { type: 'boolean', default: false },
  },
});
const version = Number(options.version);
const outstanding = Number(options.outstanding);

async function client(port, name) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  // The broker is stopped while its clients are still there.
  socket.on('error', () => {});
  const packet = {
    type: 'connect',
    protocolVersion: version,
    clientIdentifier: name,
    cleanStart: true,
    keepAlive: 0,
    properties: {},
  };
  socket.write(encodePacket(packet, version));
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

/** The PUBLISH packets of one round, with identifiers 1 and up at QoS 1. */
function round(topicName, qos) {
  const payload = new Uint8Array(Number(options.payload)).fill(120);
  const one = (packetIdentifier) =>
    encodePacket(
      {
        type: 'publish',
        topicName,
        payload,
        qos,
        retain: false,
        dup: false,
        packetIdentifier,
        properties: {},
      },
      version,
    );
  return Buffer.concat(Array.from({ length: outstanding }, (_, index) => one(qos === 0 ? 0 : index + 1)));
}

async function pair(port, index, qos, counter) {
  const topicName = `bench/pair/${String(index).padStart(4, '0')}`;
  const subscriber = await client(port, `subscriber-${index}`);
  const request = {
    topicFilter: topicName,
    qos,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  };
  subscriber.write(
    encodePacket(
      { type: 'subscribe', packetIdentifier: 1, subscriptions: [request], properties: {} },
      version,
    ),
  );
  await new Promise((resolve) => subscriber.once('data', resolve));
  const publisher = await client(port, `publisher-${index}`);
  publisher.resume();
  const packets = round(topicName, qos);
  const size = packets.length / outstanding;
  const identifierAt = size - Number(options.payload) - 2 - (version === 5 ? 1 : 0);
  let next = 0;
  const send = (count) => {
    // At most one wrap around the prepared packets per call.
    const head = Math.min(count, outstanding - next);
    publisher.write(packets.subarray(next * size, (next + head) * size));
    if (head < count) publisher.write(packets.subarray(0, (count - head) * size));
    next = (next + count) % outstanding;
  };
  let rest = Buffer.alloc(0);
  subscriber.on('data', (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const count = Math.floor(bytes.length / size);
    rest = bytes.subarray(count * size);
    if (count === 0) return;
    counter.messages += count;
    if (qos === 1) acknowledge(subscriber, bytes, count, size, identifierAt);
    send(count);
  });
  return { start: () => send(outstanding), sockets: [subscriber, publisher] };
}

function acknowledge(subscriber, bytes, count, size, identifierAt) {
  const answers = Buffer.allocUnsafe(count * 4);
  for (let index = 0; index < count; index++) {
    const at = index * size + identifierAt;
    answers[index * 4] = 0x40;
    answers[index * 4 + 1] = 2;
    answers[index * 4 + 2] = bytes[at];
    answers[index * 4 + 3] = bytes[at + 1];
  }
  subscriber.write(answers);
}

async function measure(name, qos) {
  const nodeArguments =
    options.profile && name === 'petrel' ? ['--cpu-prof', '--cpu-prof-dir=benchmarks/profiles'] : [];
  const broker = await startBroker(name, { nodeArguments });
  const counter = { messages: 0 };
  const pairs = [];
  for (let index = 0; index < Number(options.pairs); index++)
    pairs.push(await pair(broker.port, index, qos, counter));
  for (const { start } of pairs) start();
  const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await wait(1);
  const from = { messages: counter.messages, cpu: broker.cpuSeconds(), at: performance.now() };
  await wait(Number(options.seconds));
  const seconds = (performance.now() - from.at) / 1000;
  const messages = counter.messages - from.messages;
  const cpu = broker.cpuSeconds() - from.cpu;
  const megabytes = broker.residentBytes() / 1e6;
  for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
  await broker.stop();
  return { messages, seconds, cpu, megabytes };
}

for (const qos of options.qos.split(',').map(Number)) {
  for (const name of options.brokers.split(',')) {
    const { messages, seconds, cpu, megabytes } = await measure(name, qos);
    const rate = `${Math.round(messages / seconds / 1000)} k/s`;
    const cost = `${((cpu / messages) * 1e6).toFixed(2)} µs`;
    const load = `${Math.round((cpu / seconds) * 100)} %`;
    console.log(
      `QoS ${qos}  ${name.padEnd(10)} ${rate.padStart(10)}  ${cost.padStart(9)} of CPU each, core ${load}, ${Math.round(megabytes)} MB`,
    );
  }
}
