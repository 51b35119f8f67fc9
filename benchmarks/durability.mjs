/**
 * What it costs to acknowledge only what is on the disk: acknowledged QoS 1 messages of 1 KiB a second, for one absent lasting session, against
 * publishers that wait for each PUBACK. Prints a table; the disk's own sync rate is measured in the same run.
 *
 *     node benchmarks/durability.mjs [seconds per figure]
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
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

const seconds = Number(process.argv[2] ?? 4);
const publishers = [1, 16, 64, 256];
const payload = Buffer.alloc(1024, 120);
const root = fileURLToPath(new URL('..', import.meta.url));

function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function packet(type, body) {
  const length = [];
  let rest = body.length;
  do {
    length.push((rest % 128) | (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

const connectPacket = (name, cleanSession) =>
  packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([4, cleanSession ? 2 : 0, 0, 0]), text(name)]));

function open(port, name, cleanSession) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('connect', () => socket.write(connectPacket(name, cleanSession)));
    socket.once('data', () => resolve(socket));
  });
}

/** Messages a second that were acknowledged. */
async function measure(port, count) {
  const sockets = await Promise.all(
    Array.from({ length: count }, (_, index) => open(port, `p${count}-${index}`, true)),
  );
  const publish = packet(0x32, Buffer.concat([text('load/a'), Buffer.from([0, 1]), payload]));
  let acknowledged = 0;
  for (const socket of sockets) {
    let partial = 0;
    socket.on('data', (chunk) => {
      partial += chunk.length;
      for (; partial >= 4; partial -= 4) {
        acknowledged += 1;
        socket.write(publish);
      }
    });
    socket.write(publish);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = acknowledged;
  const startedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const rate = (acknowledged - before) / ((performance.now() - startedAt) / 1000);
  for (const socket of sockets) socket.destroy();
  return Math.round(rate);
}

/** Starts a program; resolves when its port accepts. */
async function launch(command, args, port) {
  const child = spawn(command, args, { stdio: 'ignore' });
  for (let left = 200; left > 0; left--) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return child;
  }
  child.kill('SIGKILL');
  throw new Error(`${command} does not listen on ${port}`);
}

function diskSyncs(folder) {
  const file = openSync(join(folder, 'probe'), 'w');
  let count = 0;
  const until = performance.now() + 2000;
  while (performance.now() < until) {
    writeSync(file, payload);
    fdatasyncSync(file);
    count += 1;
  }
  closeSync(file);
  return Math.round(count / 2);
}

const petrel = (durability) => (folder, port) => [
  process.execPath,
  [join(root, 'tests/crash/broker.mjs'), join(folder, durability), String(port), durability],
];

const brokers = {
  'Petrel, sync': petrel('sync'),
  'Petrel, os': petrel('os'),
  'Mosquitto, persistence': (folder, port) => {
    const config = join(folder, 'mosquitto.conf');
    writeFileSync(
      config,
      `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${folder}/\nmax_queued_messages 0\nuser root\n`,
    );
    return [process.env.PETREL_MOSQUITTO ?? 'mosquitto', ['-c', config]];
  },
  'NATS, file': nats(''),
  'NATS, file, sync_interval always': nats('sync_interval: always'),
};

function nats(extra) {
  return (folder, port) => {
    const program = join(root, '.petrel/peers/nats-server');
    if (!existsSync(program)) return undefined;
    const config = join(folder, `nats${extra.length}.conf`);
    writeFileSync(
      config,
      `server_name: n\nport: -1\njetstream { store_dir: "${folder}/nats${extra.length}"\n${extra} }\nmqtt { port: ${port} }\n`,
    );
    return [program, ['-c', config]];
  };
}

const folder = mkdtempSync(join(tmpdir(), 'petrel-durability-'));
console.log(`disk: ${diskSyncs(folder)} syncs/s (1 KiB appended, fdatasync)`);
console.log(`| | ${publishers.join(' | ')} publishers |`);
let port = 21_000 + Math.floor(Math.random() * 5000);
for (const [name, command] of Object.entries(brokers)) {
  const program = command(folder, ++port);
  if (program === undefined) continue;
  const child = await launch(...program, port).catch((error) => console.log(`| ${name} | ${error.message}`));
  if (child === undefined) continue;
  const absent = await open(port, 'absent', false);
  absent.write(packet(0x82, Buffer.concat([Buffer.from([0, 1]), text('load/#'), Buffer.from([1])])));
  await new Promise((resolve) => absent.once('data', resolve));
  absent.destroy();
  const rates = [];
  for (const count of publishers) rates.push(await measure(port, count));
  console.log(`| ${name} | ${rates.join(' | ')} |`);
  child.kill('SIGKILL');
}
console.log(`disk: ${diskSyncs(folder)} syncs/s`);
rmSync(folder, { recursive: true, force: true });
