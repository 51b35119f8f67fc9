/**
 * `npm start`: a broker, a NestJS service and a gateway with the devices of a house, each a process of its own, and a page.
 *
 * Ctrl-C stops all of it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkers } from './house/topics.js';
import { nextFreePort } from './start/ports.js';
import { readStartOptions, type StartOptions, usage } from './start/start-options.js';
import { Supervisor } from './start/supervisor.js';
import { startWebServer } from './start/web-server.js';

const read = readStartOptions(process.argv.slice(2));
switch (read.kind) {
  case 'help':
    console.log(usage);
    break;
  case 'wrong':
    console.error(`${read.why}\n\n${usage}`);
    process.exitCode = 2;
    break;
  case 'start':
    await start(read.options);
}

async function start(options: StartOptions): Promise<void> {
  const supervisor = new Supervisor({ log: (line) => console.log(`  ${line}`) });
  // What the gateway's own device could not send yet: for the next gateway of this house, not for the next house.
  const memoryFolder = await mkdtemp(join(tmpdir(), 'petrel-house-'));
  let closePage = async () => {};
  let stopping = false;
  const stop = (exitCode: number) => {
    if (stopping) return;
    stopping = true;
    console.log('\n  Stopping the house …');
    const stopped = Promise.all([closePage(), supervisor.stop()]);
    stopped
      .then(() => rm(memoryFolder, { recursive: true, force: true }))
      .then(
        () => {
          console.log('  All stopped.');
          process.exit(exitCode);
        },
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
  };
  process.on('SIGINT', () => stop(0));
  process.on('SIGTERM', () => stop(0));

  try {
    const { ports, page } = await openPorts(options, supervisor);
    closePage = () => page.close();
    await supervisor.start({ name: 'service', module: moduleOf('service'), args: [`${ports.mqtt}`] });
    for (const name of checkers)
      await supervisor.start({ name, module: moduleOf('checker'), args: [`${ports.mqtt}`, name] });
    const gatewayArgs = [memoryFolder, ports.mqtt, options.speed, options.cutEvery].map(String);
    await supervisor.start({ name: 'gateway', module: moduleOf('gateway'), args: gatewayArgs });
    console.log(welcome(ports));
  } catch (error) {
    if (stopping) return;
    console.error(`\n  The house did not start: ${(error as Error).message}`);
    stop(1);
  }
}

function moduleOf(name: string): URL {
  return new URL(`./${name}/main.js`, import.meta.url);
}

/** Opens the page and the broker; a port that another program takes between the look and the use gives another try. */
async function openPorts(options: StartOptions, supervisor: Supervisor) {
  for (let attempt = 1; ; attempt++) {
    const ports = await findPorts(options);
    const page = await startWebServer({
      port: ports.page,
      folder: new URL('./public/', import.meta.url),
      settings: { webSocketPort: ports.webSocket, mqttPort: ports.mqtt },
    });
    try {
      const args = [ports.mqtt, ports.webSocket, ports.page].map(String);
      await supervisor.start({ name: 'broker', module: moduleOf('broker'), args });
      return { ports, page };
    } catch (error) {
      await page.close();
      if (attempt === 3) throw error;
    }
  }
}

interface Ports {
  page: number;
  mqtt: number;
  webSocket: number;
}

async function findPorts({ port, mqttPort, webSocketPort }: StartOptions): Promise<Ports> {
  const taken: number[] = [];
  const find = async (name: string, preferred: number) => {
    const found = await nextFreePort(preferred, taken);
    if (preferred !== 0 && found !== preferred)
      console.log(`  Port ${preferred} (${name}) is busy, ${found} it is.`);
    taken.push(found);
    return found;
  };
  return {
    page: await find('page', port),
    mqtt: await find('MQTT', mqttPort),
    webSocket: await find('MQTT over WebSocket', webSocketPort),
  };
}

function welcome({ page, mqtt, webSocket }: Ports): string {
  return `
  The house is live:    http://localhost:${page}

  MQTT                  mqtt://127.0.0.1:${mqtt}
  MQTT over WebSocket   ws://127.0.0.1:${webSocket}

  Bring a device of your own, and watch a room appear:
    mosquitto_pub -h 127.0.0.1 -p ${mqtt} -t sensors/balcony/temperature/1 -m 21.5

  Ctrl-C stops everything.
`;
}
