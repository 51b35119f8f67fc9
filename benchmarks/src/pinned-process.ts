/** Programs on a CPU core of their own and before all others, where the system allows it: brokers, services, load generators. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type LaunchedProcess, type LaunchOptions, launchOnFreePort, launchProcess } from '@petrel/testing';

/** What runs where: who is measured has a core for itself. */
export const cores = { measured: 0, load: 1 } as const;

let available: boolean | undefined;

/** Whether `taskset` is here and allows the cores above; without it, all programs share all cores. */
export function canPin(): boolean {
  available ??= Object.values(cores).every(
    (core) => spawnSync('taskset', ['-c', String(core), process.execPath, '--version']).status === 0,
  );
  return available;
}

/**
 * From now on this program and all that it starts go before others: Linux groups programs by session, and this session gets nearly all of a
 * core that others want too. Needs the right to it, which root has; without it nothing changes. Ends with this program.
 */
export function goFirst(): void {
  const file = '/proc/self/autogroup';
  try {
    const before = /nice (-?\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '0';
    writeFileSync(file, '-20');
    process.once('exit', () => writeFileSync(file, before));
  } catch {
    // Others keep their share, and the tables tell what they used.
  }
}

/** The same program, bound to a core. */
export function pinned<Options extends Pick<LaunchOptions, 'command' | 'args'>>(
  options: Options,
  core: number,
): Options {
  if (!canPin()) return options;
  return {
    ...options,
    command: 'taskset',
    args: ['-c', String(core), options.command, ...(options.args ?? [])],
  };
}

/** As `launchProcess`, on a core. */
export function launchPinned(options: LaunchOptions, core: number): Promise<LaunchedProcess> {
  return launchProcess(pinned(options, core));
}

/** As `launchOnFreePort`, on a core. */
export function launchPinnedOnFreePort(
  describe: (port: number) => LaunchOptions | Promise<LaunchOptions>,
  core: number,
): Promise<{ readonly launched: LaunchedProcess; readonly port: number }> {
  return launchOnFreePort(async (port) => pinned(await describe(port), core));
}
