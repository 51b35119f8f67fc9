/**
 * One client in one scenario, in a process of its own, which ends by itself so that a CPU profile is written. Arguments: client, scenario, port,
 * seconds. The last line of its output is a `ClientRun` as JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClientScenario,
  clientScenarios,
  echoTopicName,
  payloadBytes,
  topicName,
} from './client-scenarios.js';
import { clientKinds, type MeasuredClient } from './measured-clients.js';

/** What one run has measured. */
export interface ClientRun {
  /** Messages in the measured time: published to the end of their QoS, or received. */
  readonly messages: number;
  readonly seconds: number;
  /** Of this process in that time. */
  readonly cpuSeconds: number;
  readonly peakResidentBytes: number;
  /** Messages published from the beginning to the end; the sink has to have as many. */
  readonly published: number;
}

const warmUpSeconds = 1;

const [kindName, scenarioName, port, seconds] = process.argv.slice(2);
const kind = clientKinds.find(({ name }) => name === kindName);
const scenario = clientScenarios.find(({ name }) => name === scenarioName);
if (kind === undefined || scenario === undefined) throw new Error(`unknown: ${kindName} ${scenarioName}`);

const client = await kind.open(Number(port), scenario.protocolVersion);
const program =
  scenario.direction === 'receive' ? await receive(client, scenario) : await publish(client, scenario);
await sleep(warmUpSeconds * 1000);
const before = { messages: program.messages, cpu: process.cpuUsage(), at: performance.now() };
await sleep(Number(seconds) * 1000);
const cpu = process.cpuUsage(before.cpu);
const run = {
  messages: program.messages - before.messages,
  seconds: (performance.now() - before.at) / 1000,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  peakResidentBytes: process.resourceUsage().maxRSS * 1024,
};
await program.stop();
await client.close();
process.stdout.write(`${JSON.stringify({ ...run, published: program.published } satisfies ClientRun)}\n`);
process.exit(0);

interface Program {
  readonly messages: number;
  readonly published: number;
  stop(): Promise<void>;
}

async function receive(client: MeasuredClient, { qos }: ClientScenario): Promise<Program> {
  const program = { messages: 0, published: 0, stop: () => Promise.resolve() };
  await client.subscribe(topicName, qos, (payload) => {
    assertNumber(payload, program.messages++);
  });
  return program;
}

/** Publishes as a program does that has much to say: as many as its window allows, and the next ones when some have ended. */
async function publish(client: MeasuredClient, { qos, window, direction }: ClientScenario): Promise<Program> {
  const isEcho = direction === 'echo';
  const payload = new Uint8Array(payloadBytes);
  let stopping = false;
  let inFlight = 0;
  let scheduled = false;
  let whenIdle = () => {};
  const program = {
    messages: 0,
    published: 0,
    stop: () => {
      stopping = true;
      return new Promise<void>((resolve) => {
        whenIdle = resolve;
        if (inFlight === 0) resolve();
      });
    },
  };
  // At most a window in each turn, or a client that ends QoS 0 at once would never let the process read.
  const fill = () => {
    scheduled = false;
    if (stopping) return;
    for (let count = 0; count < window && inFlight < window; count++) {
      inFlight++;
      program.published++;
      if (isEcho) client.publish(echoTopicName, numbered(program.published - 1), qos, nothing);
      else client.publish(topicName, payload, qos, ended);
    }
  };
  const ended = () => {
    inFlight--;
    program.messages++;
    if (stopping) {
      if (inFlight === 0) whenIdle();
    } else if (!scheduled) {
      scheduled = true;
      setImmediate(fill);
    }
  };
  if (isEcho) {
    await client.subscribe(echoTopicName, 0, (echo) => {
      assertNumber(echo, program.messages);
      ended();
    });
  }
  fill();
  return program;
}

function nothing(): void {}

function numbered(number: number): Uint8Array {
  const payload = Buffer.alloc(payloadBytes);
  payload.writeUInt32BE(number >>> 0, 0);
  return payload;
}

function assertNumber(payload: Uint8Array, expected: number): void {
  const number =
    (((payload[0] ?? 0) << 24) | ((payload[1] ?? 0) << 16) | ((payload[2] ?? 0) << 8) | (payload[3] ?? 0)) >>>
    0;
  if (number === expected >>> 0) return;
  // A client may catch what a handler throws.
  process.stderr.write(`message ${number} came where ${expected} was due\n`);
  process.exit(1);
}
