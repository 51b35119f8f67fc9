/**
 * The gateway of the house: replays the recording on nine devices, measures this computer with a tenth, and cuts their links. The recording can be
 * measured again; what the tenth measures is nowhere else, so it has a store that a killed gateway leaves to the next.
 */
import { type Client, createClient } from '@petrel/client';
import { clientLink, Service } from '@petrel/service';
import type { CutLink, GatewayStatus, Reading, Receipts } from '../house/messages.js';
import { thisComputer, topics } from '../house/topics.js';
import { Device } from './device.js';
import { Link } from './link.js';
import { LinkCuts } from './link-cuts.js';
import { type RecordedRow, Replay } from './recording.js';
import { openStoredDevice } from './stored-device.js';
import { ThisComputer } from './this-computer.js';

export interface GatewayOptions {
  mqttPort: number;
  /** Minutes of the house in one second. */
  speed: number;
  /** Seconds from one cut link to the next, on average; 0 = never. */
  cutEvery: number;
  /** Folder in which this computer's device keeps readings that are not sent yet. */
  memoryFolder: string;
}

const host = '127.0.0.1';
const tickMs = 100;
const statusMs = 500;
const computerMs = 2_000;
/** Hours of the house that are past when it starts: the devices have not been idle. */
const headStartHours = 48;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #client: Client;
  readonly #receipts: Receipts;
  readonly #devices = new Map<string, Device>();
  readonly #replay: Replay;
  readonly #cuts: LinkCuts;
  readonly #computer = new ThisComputer();
  #statusDue = 0;
  #computerDue = 0;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    options: GatewayOptions,
    rows: readonly RecordedRow[],
    client: Client,
    receipts: Receipts,
    computer: Device,
  ) {
    this.#options = options;
    this.#devices.set(computer.room, computer);
    this.#client = client;
    this.#receipts = receipts;
    const { speed, cutEvery } = options;
    const now = Date.now();
    const position = positionIn(rows, receipts);
    this.#replay = new Replay(rows, { speed, position, now });
    this.#cuts = new LinkCuts({ everySeconds: cutEvery, now });
    client
      .subscribe(topics.gatewayCutLink, { qos: 1 }, (message) => this.#cutLink(message.json() as CutLink))
      .catch((error: unknown) => console.error('gateway: takes no commands:', error));
    if (position === 0) this.#play(() => this.#replay.skipAhead(headStartHours));
    this.#timer = setInterval(() => this.#tick(Date.now()), tickMs);
  }

  /** Connects, and asks the service how far it has come with an earlier gateway, so that none of its readings is lost. */
  static async start(options: GatewayOptions, rows: readonly RecordedRow[]): Promise<Gateway> {
    const client = createClient({
      url: `mqtt://${host}:${options.mqttPort}`,
      clientIdentifier: 'gateway',
      reconnect: { minDelayMs: 200, maxDelayMs: 1_500 },
    });
    const service = new Service(clientLink(client));
    const { mqttPort: port, memoryFolder } = options;
    const stored = { room: thisComputer, link: new Link({ host, port }), memoryFolder };
    const { device: computer, receipts } = await openStoredDevice(stored, () => askReceipts(service));
    return new Gateway(options, rows, client, receipts, computer);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#devices.values()].map((device) => device.close()));
    await this.#client.close({ graceMs: 1_000 });
  }

  #tick(now: number): void {
    this.#play(() => this.#replay.due(now));
    if (now >= this.#computerDue) {
      this.#computerDue = now + computerMs;
      for (const { stream, value } of this.#computer.measure())
        this.#take(this.#device(thisComputer), stream, { value, time: now });
    }
    const devices = [...this.#devices.values()];
    for (const device of devices) device.tick(now);
    const cut = this.#cuts.due(devices.length, now);
    if (cut !== undefined) devices[cut.index]?.link.cut(cut.forMs);
    if (now < this.#statusDue) return;
    this.#statusDue = now + statusMs;
    this.#publishStatus();
  }

  /** A row's number is its readings' sequence number; a device whose earlier self has delivered it does not measure it again. */
  #play(take: () => RecordedRow[]): void {
    let number = this.#replay.position;
    for (const { time, measurements } of take()) {
      number++;
      for (const { room, quantity, value } of measurements) {
        const stream = `${quantity}/1`;
        if (number > (this.#receipts[room]?.[stream] ?? 0))
          this.#take(this.#device(room), stream, { value, time });
      }
    }
  }

  /** A store that fails leaves the reading in memory, as with all other devices. */
  #take(device: Device, stream: string, reading: Reading): void {
    device
      .take(stream, reading)
      .catch((error: unknown) => console.error(`${device.room}: not stored:`, error));
  }

  #device(room: string): Device {
    let device = this.#devices.get(room);
    if (device === undefined) {
      const link = new Link({ host, port: this.#options.mqttPort });
      device = new Device({ room, link, receivedUpTo: this.#receipts[room] ?? {} });
      this.#devices.set(room, device);
    }
    return device;
  }

  #cutLink({ room, seconds }: CutLink): void {
    this.#devices.get(room)?.link.cut(seconds * 1_000);
    this.#publishStatus();
  }

  #publishStatus(): void {
    if (this.#client.status !== 'connected') return;
    const status: GatewayStatus = {
      houseTime: Math.round(this.#replay.houseTime),
      speed: this.#options.speed,
      devices: Object.fromEntries([...this.#devices].map(([room, device]) => [room, device.counts])),
    };
    // The next one comes in half a second, whatever becomes of this.
    this.#client.publish(topics.gatewayStatus, JSON.stringify(status), { retain: true }).catch(() => {});
  }
}

/** Rows that every device of the recording has delivered. */
function positionIn(rows: readonly RecordedRow[], receipts: Receipts): number {
  const measurements = rows[0]?.measurements ?? [];
  return Math.min(...measurements.map(({ room, quantity }) => receipts[room]?.[`${quantity}/1`] ?? 0));
}

/** Without the service's word a new gateway would number from 1 again, so it waits for it. */
async function askReceipts(service: Service): Promise<Receipts> {
  for (;;) {
    try {
      return await service.request<Receipts>(topics.receipts, null, { timeoutMs: 2_000 });
    } catch (error) {
      console.error('gateway: the service does not answer yet:', (error as Error).message);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
