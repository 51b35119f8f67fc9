/** What the launchers of foreign brokers share: a folder, a configuration file, two ports, one process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.js';
import {
  type LaunchedProcess,
  type LaunchOptions,
  launchOnFreePort,
  type Readiness,
} from '../launch-process.js';

/** A broker that runs for a test. */
export interface RunningBroker {
  /** `mqtt://127.0.0.1:<port>`. */
  readonly url: string;
  readonly port: number;
  /** `ws://127.0.0.1:<port>/mqtt`. */
  readonly webSocketUrl: string;
  readonly process: LaunchedProcess;
  /** Ends it and removes its files; may be called twice. */
  stop(): Promise<void>;
}

/** Where a broker may listen and write. */
export interface BrokerPlace {
  readonly port: number;
  readonly webSocketPort: number;
  /** Empty, and removed by `stop`. */
  readonly folder: string;
}

/**
 * Starts `command -c <file>` with the configuration made for free ports, or for the given MQTT port.
 *
 * `launch`: for brokers that are told in another way where their configuration is, and in which environment they run.
 */
export async function startBrokerProcess(broker: {
  readonly command: string;
  readonly port?: number | undefined;
  readonly configure: (place: BrokerPlace) => string;
  readonly ready?: Readiness;
  readonly launch?: (
    place: BrokerPlace,
    file: string,
  ) => Promise<Pick<LaunchOptions, 'args' | 'env' | 'readyTimeoutMs'>>;
}): Promise<RunningBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'petrel-broker-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const file = join(folder, 'broker.conf');
  let place: BrokerPlace = { port: 0, webSocketPort: 0, folder };
  try {
    const { launched } = await launchOnFreePort(async (port) => {
      place = { port: broker.port ?? port, webSocketPort: await freePort(), folder };
      await writeFile(file, broker.configure(place));
      return {
        command: broker.command,
        args: ['-c', file],
        ready: broker.ready ?? { ports: [place.port, place.webSocketPort] },
        ...(await broker.launch?.(place, file)),
      };
    });
    return {
      port: place.port,
      url: `mqtt://127.0.0.1:${place.port}`,
      webSocketUrl: `ws://127.0.0.1:${place.webSocketPort}/mqtt`,
      process: launched,
      async stop() {
        await launched.stop();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}
