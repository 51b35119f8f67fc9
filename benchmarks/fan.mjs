/**
 * One topic, many clients: fan-out (one publisher, many subscribers) and fan-in (many publishers, one subscriber), QoS 0, and what an idle
 * connection costs.
 *
 *     node benchmarks/fan.mjs --brokers petrel,mosquitto,aedes --clients 100 --payload 64 --seconds 5 --idle 5000
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { encodePacket } from '@petrel/protocol';
import { startBroker } from './start-broker.mjs';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: 'petrel,mosquitto,aedes' },
    clients: { type: 'string', default: '100' },
    payload: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    idle: { type: 'string', default: '5000' },
  },
});
const version = 4;
const topicName = 'bench/fan';
const batch = 20;
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const packet = encodePacket(
  {
    type: 'publish',
    topicName,
    payload: new Uint8Array(Number(options.payload)),
    qos: 0,
    retain: false,
    dup: false,
    packetIdentifier: 0,
    properties: {},
  },
  version,
);
const packets = Buffer.concat(Array.from({ length: batch }, () => packet));

async function client(port, name) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  // The broker is stopped while its clients are still there.
  socket.on('error', () => {});
  const request = {
    type: 'connect',
    protocolVersion: version,
    clientIdentifier: name,
    cleanStart: true,
    keepAlive: 0,
    properties: {},
  };
  socket.write(encodePacket(request, version));
  await once(socket, 'data');
  return socket;
}

async function subscriber(port, name) {
  const socket = await client(port, name);
  const request = {
    topicFilter: topicName,
    qos: 0,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  };
  socket.write(
    encodePacket(
      { type: 'subscribe', packetIdentifier: 1, subscriptions: [request], properties: {} },
      version,
    ),
  );
  await once(socket, 'data');
  return socket;
}

/** Every receiver has to get a batch before the next one is published. */
async function load(port, publisherCount, subscriberCount) {
  const counter = { messages: 0 };
  const publishers = [];
  for (let index = 0; index < publisherCount; index++)
    publishers.push(await client(port, `publisher-${index}`));
  const publishAll = () => {
    for (const publisher of publishers) publisher.write(packets);
  };
  const perRound = batch * publisherCount * packet.length * subscriberCount;
  let bytes = 0;
  for (let index = 0; index < subscriberCount; index++) {
    (await subscriber(port, `subscriber-${index}`)).on('data', (chunk) => {
      bytes += chunk.length;
      counter.messages += chunk.length / packet.length;
      if (bytes < perRound) return;
      bytes -= perRound;
      publishAll();
    });
  }
  publishAll();
  return counter;
}

async function measure(name, publishers, subscribers) {
  const broker = await startBroker(name);
  const counter = await load(broker.port, publishers, subscribers);
  await wait(1);
  const from = { messages: counter.messages, cpu: broker.cpuSeconds(), at: performance.now() };
  await wait(Number(options.seconds));
  const messages = counter.messages - from.messages;
  const rate = messages / ((performance.now() - from.at) / 1000);
  const cost = ((broker.cpuSeconds() - from.cpu) / messages) * 1e6;
  await broker.stop();
  return `${Math.round(rate / 1000)} k/s, ${cost.toFixed(2)} µs of CPU each`;
}

async function idle(name) {
  const broker = await startBroker(name);
  const before = broker.residentBytes();
  const count = Number(options.idle);
  const cpu = broker.cpuSeconds();
  for (let index = 0; index < count; index += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, offset) => client(broker.port, `idle-${index + offset}`)),
    );
  }
  const used = broker.cpuSeconds() - cpu;
  await wait(2);
  const bytes = (broker.residentBytes() - before) / count;
  await broker.stop();
  return `${(bytes / 1000).toFixed(1)} kB each, ${((used / count) * 1e6).toFixed(0)} µs of CPU per CONNECT`;
}

const clients = Number(options.clients);
for (const name of options.brokers.split(',')) {
  console.log(`fan-out 1→${clients}   ${name.padEnd(10)} ${await measure(name, 1, clients)}`);
  console.log(`fan-in ${clients}→1    ${name.padEnd(10)} ${await measure(name, clients, 1)}`);
  console.log(`${count(options.idle)} idle    ${name.padEnd(10)} ${await idle(name)}`);
}
process.exit();

function count(text) {
  return Number(text).toLocaleString('en');
}
