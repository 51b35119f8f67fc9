/** What the transports are measured by: requests with a number of them in flight, and events at a QoS. One run each. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientResult } from './client.js';
import {
  messageOf,
  profileFlags,
  startBrokerOf,
  startCounting,
  startProgram,
  stopProgram,
} from './processes.js';
import type { MeasuredTransport } from './transports.js';

/** What one run gave. */
export interface Run {
  /** Requests answered, or events handled. */
  readonly perSecond: number;
  /** Processor time for each of them, by process. */
  readonly cpuMicroseconds: Readonly<Record<string, number>>;
  /** Milliseconds from the call to the answer. */
  readonly latencyMs?: { readonly p50: number; readonly p99: number };
  /** Requests that failed. */
  readonly failed: number;
}

/** How long, and whether each process writes a CPU profile. */
export interface RunSettings {
  readonly seconds: number;
  readonly profile: boolean;
}

/** One row of the table. */
export interface Load {
  /** As the command line calls it. */
  readonly name: string;
  readonly title: string;
  /** The load makes sense for this transport. */
  fits(transport: MeasuredTransport): boolean;
  measure(transport: MeasuredTransport, settings: RunSettings): Promise<Run>;
}

const warmUpSeconds = 2;

/** All of them, in the order of the table. */
export const loads: readonly Load[] = [requests(1), requests(16), requests(256), events(0), events(1)];

function requests(inFlight: number): Load {
  return {
    name: `requests-${inFlight}`,
    title: `requests, ${inFlight} in flight`,
    fits: () => true,
    measure: (transport, settings) =>
      withService(transport, 1, settings, async ({ port, service, brokerPid }) => {
        const args = [transport.name, port, inFlight, warmUpSeconds, settings.seconds];
        const client = startProgram('client', args, flags(settings, `client-${transport.name}`));
        await messageOf(client, 'begun');
        const cpuOf = startCounting({ client: client.pid, service: service.pid, broker: brokerPid });
        const result = await messageOf<ClientResult>(client, 'result');
        const cpuMicroseconds = cpuOf(result.answered);
        if (client.exitCode === null) await once(client, 'exit');
        if (result.wrong > 0) throw new Error(`${transport.title} gave ${result.wrong} wrong answers`);
        const { answered, seconds, failed, p50, p99 } = result;
        return { perSecond: answered / seconds, cpuMicroseconds, latencyMs: { p50, p99 }, failed };
      }),
  };
}

function events(qos: 0 | 1): Load {
  return {
    name: `events-qos${qos}`,
    title: `events, QoS ${qos}`,
    fits: ({ takesEvents }) => takesEvents,
    measure: (transport, settings) =>
      withService(transport, qos, settings, async ({ port, service, brokerPid }) => {
        const publisher = startProgram(
          'publisher',
          [port, qos],
          flags(settings, `publisher-${transport.name}`),
        );
        let handled = 0;
        service.on('message', (message: { readonly handled: number }) => {
          handled = message.handled;
          publisher.send(message);
        });
        await sleep(warmUpSeconds * 1000);
        const cpuOf = startCounting({ publisher: publisher.pid, service: service.pid, broker: brokerPid });
        const before = { handled, at: performance.now() };
        await sleep(settings.seconds * 1000);
        const count = handled - before.handled;
        const seconds = (performance.now() - before.at) / 1000;
        const cpuMicroseconds = cpuOf(count);
        service.removeAllListeners('message');
        await stopProgram(publisher);
        return { perSecond: count / seconds, cpuMicroseconds, failed: 0 };
      }),
  };
}

interface Served {
  readonly port: number;
  readonly service: ChildProcess;
  readonly brokerPid: number | undefined;
}

async function withService(
  transport: MeasuredTransport,
  qos: 0 | 1,
  settings: RunSettings,
  measure: (served: Served) => Promise<Run>,
): Promise<Run> {
  const broker = await startBrokerOf(transport, flags(settings, `broker-${transport.name}`));
  const args = [transport.name, broker.port, qos];
  const service = startProgram('service', args, flags(settings, `service-${transport.name}`));
  try {
    await messageOf(service, 'ready');
    return await measure({ port: broker.port, service, brokerPid: broker.pid });
  } finally {
    await stopProgram(service);
    await broker.stop();
  }
}

function flags({ profile }: RunSettings, role: string): string[] {
  return profile ? profileFlags(role) : [];
}
