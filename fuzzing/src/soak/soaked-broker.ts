/** The broker of a soak: the command itself, in a process of its own, with the limits that the documentation recommends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashPassword } from '@petrel/broker';
import { firstLines } from './first-lines.js';
import { users } from './users.js';

const program = fileURLToPath(new URL('../../../packages/cli/bin/petrel.js', import.meta.url));
const limits = fileURLToPath(new URL('../../../deploy/limits.yaml', import.meta.url));
const token = 'a token of some length';
const lookEveryMs = 1_000;

/** The crowd hears everything that the good ones say, and speaks in an area of its own. */
const configuration = `listeners: [{ type: tcp, port: 0 }]
authentication: [{ type: password-file, file: passwords }]
access:
  rules:
    - { allow: [publish, subscribe], topics: ['good/#'], users: [${users.good.userName}] }
    - { allow: [publish], topics: ['flood/#'], users: [${users.hostile.userName}] }
    - { allow: [subscribe], topics: ['#'], users: [${users.hostile.userName}] }
admin: { port: 0, tokenFile: token, publicMetrics: true }
`;

/** What the broker's own figures say at one moment. */
export interface BrokerFigures {
  readonly residentBytes: number;
  /** User and system time since it started. */
  readonly cpuSeconds: number;
  /** The worst of the looks, one a second, since the figures were asked for last. */
  readonly lagMs: number;
  /** Connections that were closed unread, or before a CONNECT was accepted, since it started. */
  readonly turnedAway: number;
  /** Clients that it sent away since it started. */
  readonly sentAway: number;
  /** Messages that a rule refused, and copies that found no room, since it started. */
  readonly refusedMessages: number;
  readonly droppedMessages: number;
}

/** A broker that runs until `stop`. */
export interface SoakedBroker {
  readonly port: number;
  /** Rejects when the process ends. */
  readonly died: Promise<never>;
  figures(): Promise<BrokerFigures>;
  stop(): void;
}

/** Rejects when it does not start. */
export async function startSoakedBroker(): Promise<SoakedBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'petrel-soak-'));
  const lines = await Promise.all(
    Object.values(users).map(async ({ userName, password }) => `${userName}:${await hashPassword(password)}`),
  );
  writeFileSync(join(folder, 'passwords'), `${lines.join('\n')}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
  writeFileSync(join(folder, 'petrel.yaml'), configuration + readFileSync(limits, 'utf8'));
  const child = spawn(process.execPath, [program, 'broker', '--config', join(folder, 'petrel.yaml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-4_000);
  });
  const died = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`the broker died (${code ?? signal}): ${errors}`)));
  });
  died.catch(() => {});
  const [mqtt = '', admin = ''] = await Promise.race([firstLines(child, 2), died]);
  const url = `${admin}/metrics`;
  let worstLagMs = 0;
  const look = async (): Promise<BrokerFigures> => {
    const figures = await readFigures(url);
    worstLagMs = Math.max(worstLagMs, figures.lagMs);
    return figures;
  };
  // A look that fails is a broker that died, which is told elsewhere.
  const timer = setInterval(() => void look().catch(() => {}), lookEveryMs);
  return {
    port: Number(new URL(mqtt).port),
    died,
    figures: async () => {
      const figures = { ...(await look()), lagMs: worstLagMs };
      worstLagMs = 0;
      return figures;
    },
    stop: () => {
      clearInterval(timer);
      stop(child, folder);
    },
  };
}

function stop(child: ChildProcess, folder: string): void {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

async function readFigures(url: string): Promise<BrokerFigures> {
  const text = await (await fetch(url)).text();
  const of = (name: string): number => {
    const value = new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`the broker has no figure ${name}`);
    return Number(value);
  };
  return {
    residentBytes: of('process_resident_memory_bytes'),
    cpuSeconds: of('process_cpu_seconds_total'),
    lagMs: of('petrel_broker_event_loop_lag_seconds') * 1_000,
    turnedAway:
      of('petrel_broker_turned_away_connections_total') + of('petrel_broker_refused_connections_total'),
    sentAway: of('petrel_broker_ended_connections_total'),
    refusedMessages: of('petrel_broker_refused_messages_total'),
    droppedMessages: of('petrel_broker_dropped_messages_total'),
  };
}
