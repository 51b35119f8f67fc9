/** The processes of one measurement. None has a core of its own: they are more than the cores, and each of them is part of the way. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findMosquitto, findNats, freePort, launchOnFreePort } from '@petrel/testing';
import { measuredBrokers } from '../measured-brokers.js';
import { processUsageOf } from '../process-usage.js';
import type { MeasuredTransport } from './transports.js';

const profiles = fileURLToPath(new URL('../../profiles', import.meta.url));

/** The flags by which a Node program writes a CPU profile when it ends. */
export function profileFlags(role: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=nestjs-${role}.cpuprofile`];
}

/** Starts a program of this folder, with a channel for messages. */
export function startProgram(
  script: string,
  args: readonly (string | number)[],
  nodeArguments: readonly string[],
): ChildProcess {
  const file = fileURLToPath(new URL(`${script}.js`, import.meta.url));
  return fork(file, args.map(String), { execArgv: [...nodeArguments] });
}

/** The next message that has a member of this name; rejects when the program ends first. */
export function messageOf<Value>(program: ChildProcess, member: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      program.off('message', hear);
      program.off('exit', end);
      act();
    };
    const hear = (message: unknown) => {
      const value = (message as Record<string, unknown>)[member];
      if (value !== undefined) settle(() => resolve(value as Value));
    };
    const end = (code: number | null) =>
      settle(() => reject(new Error(`${program.spawnargs.slice(1).join(' ')} ended with ${code}`)));
    program.on('message', hear);
    program.on('exit', end);
  });
}

/** Ends a program and waits until it has. */
export async function stopProgram(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const exit = once(program, 'exit');
  program.kill('SIGTERM');
  await exit;
}

/** Why a transport cannot be measured here; undefined when it can. */
export function missingFor({ broker }: MeasuredTransport): string | undefined {
  const peer = broker === 'mosquitto' ? findMosquitto() : broker === 'nats' ? findNats() : undefined;
  return peer !== undefined && peer.path === undefined ? peer.hint : undefined;
}

/** Starts the broker of a transport; without one, there is only a free port. */
export async function startBrokerOf(
  { broker }: MeasuredTransport,
  nodeArguments: readonly string[],
): Promise<{ readonly port: number; readonly pid: number | undefined; stop(): Promise<void> }> {
  if (broker === undefined) return { port: await freePort(), pid: undefined, stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'petrel-bench-'));
  const { launched, port } = await launchOnFreePort((free) => ({
    ...commandOf(broker, free, folder, nodeArguments),
    ready: { ports: [free] },
  }));
  return {
    port,
    pid: launched.pid,
    async stop() {
      await launched.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function commandOf(name: string, port: number, folder: string, nodeArguments: readonly string[]) {
  if (name === 'nats') {
    // Its own protocol, which the transport speaks, and not its MQTT side.
    const file = join(folder, 'nats.conf');
    writeFileSync(file, `listen: "127.0.0.1:${port}"\n`);
    return { command: findNats().path ?? '', args: ['-c', file] };
  }
  const broker = measuredBrokers().find((other) => other.name === name);
  if (broker === undefined) throw new Error(`there is no broker "${name}"`);
  return broker.command({ port, transport: 'tcp', folder, nodeArguments });
}

/** Counts the processor time of processes from now on; what else the machine does moves it less than it moves the rate. */
export function startCounting<Role extends string>(
  pids: Readonly<Record<Role, number | undefined>>,
): (count: number) => Record<Role, number> {
  const roles = Object.keys(pids) as Role[];
  const used = (role: Role) => processUsageOf(pids[role] ?? -1)?.cpuSeconds ?? Number.NaN;
  const before = roles.map(used);
  return (count) =>
    Object.fromEntries(
      roles.map((role, index) => [role, ((used(role) - (before[index] ?? 0)) / count) * 1e6]),
    ) as Record<Role, number>;
}
