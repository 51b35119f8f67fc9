/**
 * What it costs to acknowledge only what is on the disk: acknowledged QoS 1 messages of 1 KiB a second, for one absent lasting session, against
 * publishers that wait for each PUBACK. The load comes from `load-generator/`, on one core; the broker may use what is left of both. Prints a
 * table with the median of the runs; the disk's own sync rate is measured before each round.
 *
 *     node benchmarks/durability.mjs [--seconds 4] [--runs 3] [--only petrel-sync,nats-always] [--chart docs/internals/durability.svg]
 */
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findMosquitto, findNats, freePort, launchProcess } from '@petrel/testing';
import { curveChart } from './dist/curve-chart.js';
import { buildLoadGenerator, runLoad } from './dist/load-generator.js';
import { goFirst } from './dist/pinned-process.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    runs: { type: 'string' },
    only: { type: 'string' },
    chart: { type: 'string' },
  },
});
const seconds = Number(values.seconds ?? 4);
const runs = Number(values.runs ?? 3);
const publishers = [1, 16, 64, 256];
const root = fileURLToPath(new URL('..', import.meta.url));

const petrel = (durability) => (folder, port) => ({
  command: process.execPath,
  args: [
    join(root, 'tests/crash/broker.mjs'),
    durability === 'memory' ? 'memory' : join(folder, 'data'),
    String(port),
    durability,
  ],
});

function mosquitto(folder, port) {
  const config = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence true',
    `persistence_location ${folder}/`,
    'max_queued_messages 0',
    'set_tcp_nodelay true',
    'user root',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return { command: findMosquitto().path, args: ['-c', config] };
}

function nats(extra) {
  return (folder, port) => {
    const config = join(folder, 'nats.conf');
    const stream = `jetstream { store_dir: "${folder}/js"\n${extra} }`;
    writeFileSync(config, `server_name: n\nport: -1\n${stream}\nmqtt { port: ${port} }\n`);
    return { command: findNats().path, args: ['-c', config] };
  };
}

const brokers = {
  'petrel-sync': ['Petrel, `sync`', petrel('sync')],
  'petrel-os': ['Petrel, `os`', petrel('os')],
  'petrel-memory': ['Petrel, in memory', petrel('memory')],
  mosquitto: ['Mosquitto 2, persistence', mosquitto],
  nats: ['NATS 2, file storage', nats('')],
  'nats-always': ['NATS 2, file storage, `sync_interval: always`', nats('sync_interval: always')],
};

function diskSyncs(folder) {
  const file = openSync(join(folder, 'probe'), 'w');
  const block = Buffer.alloc(1024, 120);
  let count = 0;
  const until = performance.now() + 1000;
  while (performance.now() < until) {
    writeSync(file, block);
    fdatasyncSync(file);
    count += 1;
  }
  closeSync(file);
  return count;
}

function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function packet(type, body) {
  return Buffer.concat([Buffer.from([type, body.length]), body]);
}

/** Makes the session that is away: connects, subscribes, and goes. */
async function subscribeAndGo(port) {
  const socket = connect(port, '127.0.0.1');
  const answer = () => new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
  socket.write(packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([4, 0, 0, 0]), text('absent')])));
  await answer();
  socket.write(packet(0x82, Buffer.concat([Buffer.from([0, 1]), text('bench/#'), Buffer.from([1])])));
  await answer();
  socket.destroy();
}

async function measure(command, generator) {
  const folder = mkdtempSync(join(tmpdir(), 'petrel-durability-'));
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const broker = await launchProcess({
    ...command(folder, port),
    ready: { ports: [port] },
    readyTimeoutMs: 30_000,
  });
  try {
    await subscribeAndGo(port);
    const results = [];
    for (const count of publishers) {
      const load = {
        mode: 'stored',
        qos: 1,
        publishers: count,
        payload: 1024,
        spin: 0,
        warmUp: 0.5,
        seconds,
        patience: 20,
      };
      const result = await runLoad(generator, load, { port, pid: broker.pid });
      const { delivered, brokerCpuSeconds, otherCpuSeconds } = result;
      results.push({
        rate: delivered / result.seconds,
        cpu: (brokerCpuSeconds / delivered) * 1e6,
        others: otherCpuSeconds / result.seconds,
      });
    }
    return results;
  } finally {
    broker.signal('SIGKILL');
    await broker.exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

const median = (numbers) => numbers.sort((left, right) => left - right)[Math.floor(numbers.length / 2)];
const number = (value) => Math.round(value).toLocaleString('en');

goFirst();
const generator = buildLoadGenerator();
const wanted = Object.entries(brokers).filter(([name]) => values.only?.split(',').includes(name) ?? true);
const measured = new Map(wanted.map(([name]) => [name, []]));
const disk = [];
for (let run = 0; run < runs; run++) {
  disk.push(diskSyncs(tmpdir()));
  for (const [name, [, command]] of wanted) measured.get(name).push(await measure(command, generator));
}
disk.push(diskSyncs(tmpdir()));
console.log(
  `disk: ${disk.map(number).join(', ')} syncs/s (1 KiB appended, fdatasync), before each round and at the end\n`,
);
console.log(`| acknowledged a second | ${publishers.join(' | ')} publishers |`);
console.log(`|---|${'---|'.repeat(publishers.length)}`);
for (const [name, [title]] of wanted) {
  const of = (index, field) => median(measured.get(name).map((results) => results[index][field]));
  console.log(`| ${title} | ${publishers.map((_, index) => number(of(index, 'rate'))).join(' | ')} |`);
  const cpu = publishers.map((_, index) => of(index, 'cpu').toFixed(0)).join(', ');
  const others = publishers.map((_, index) => of(index, 'others').toFixed(1)).join(', ');
  console.log(`<!-- µs of processor time per message: ${cpu}; cores that others had: ${others} -->`);
}

if (values.chart !== undefined) {
  const curve = (name, broker, title) => ({
    broker,
    title,
    points: publishers.map((x, index) => ({
      x,
      y: median(measured.get(name).map((results) => results[index].rate)),
    })),
  });
  const axes = { x: 'publishers that each wait for PUBACK', y: 'a second', formatX: String, formatY: number };
  const curves = [curve('petrel-sync', 'petrel', 'Petrel'), curve('nats-always', 'nats', 'NATS')];
  const title = 'Acknowledged QoS 1 messages of 1 KiB, each on the disk before its PUBACK';
  writeFileSync(values.chart, curveChart(title, axes, curves));
}
