/**
 * Clients that are programs of their own. Arguments: port, version, Client Identifier, Clean Start (0 or 1), Will Topic and
 * payload (empty without). Then lines of fields with tabs between them:
 *
 *     in   subscribe filter qos · unsubscribe filter · publish name topic qos retain payload contentType trace · disconnect
 *     out  connected sessionPresent (0, 1 or unknown) · lost · subscribed code · unsubscribed · taken name identifier · published identifier
 *          message topic qos retain payload contentType trace
 */
import { type LaunchedProcess, type LaunchOptions, launchProcess } from '@petrel/testing';
import {
  type ForeignClient,
  type ForeignMessage,
  type ForeignPublish,
  Growing,
  type StartForeignClient,
} from './foreign-client.js';

/** Starts a program with those arguments behind its own ones. */
export function programClient(program: () => Pick<LaunchOptions, 'command' | 'args'>): StartForeignClient {
  return async ({ port, protocolVersion, clientIdentifier, cleanStart, will }) => {
    const { command, args = [] } = program();
    const terms = [port, protocolVersion, clientIdentifier, Number(cleanStart)].map(String);
    const launched = await launchProcess({
      command,
      args: [...args, ...terms, will?.topicName ?? '', will?.payload ?? ''],
    });
    const client = new ProgramClient(launched);
    await client.connected(1);
    return client;
  };
}

interface Publishing {
  readonly taken: () => void;
  readonly done: () => void;
}

class ProgramClient implements ForeignClient {
  readonly #process: LaunchedProcess;
  /** Rejects when the program ends: what it was asked then never happens. */
  readonly #ended: Promise<never>;
  readonly #connections = new Growing<boolean | undefined>();
  readonly #messages = new Growing<ForeignMessage>();
  readonly #subscribed = new Growing<number>();
  readonly #unsubscribed = new Growing<true>();
  readonly #publishing: Publishing[] = [];
  /** By the identifier that the program gave; which tells of the end at times before it tells of the identifier. */
  readonly #unpublished = new Map<string, Publishing>();
  readonly #early = new Set<string>();
  #subscribes = 0;
  #unsubscribes = 0;

  constructor(process: LaunchedProcess) {
    this.#process = process;
    this.#ended = process.exited.then((exit) => {
      throw new Error(`the client ended: ${JSON.stringify(exit)}\n${process.output}`);
    });
    this.#ended.catch(() => {});
    process.followLines((line) => this.#onLine(line.split('\t')));
  }

  #onLine([event, ...fields]: readonly string[]): void {
    const [first = '', second = ''] = fields;
    switch (event) {
      case 'connected':
        this.#connections.push(first === 'unknown' ? undefined : first === '1');
        return;
      case 'lost':
        return;
      case 'subscribed':
        this.#subscribed.push(Number(first));
        return;
      case 'unsubscribed':
        this.#unsubscribed.push(true);
        return;
      case 'message': {
        const [topicName = '', qos, retain, payload = '', contentType, trace] = fields;
        const properties = contentType ? { contentType, trace: trace ?? '' } : {};
        this.#messages.push({ topicName, payload, qos: Number(qos), retain: retain === '1', ...properties });
        return;
      }
      case 'taken': {
        const publishing = this.#publishing[Number(first)] as Publishing;
        publishing.taken();
        if (this.#early.delete(second)) publishing.done();
        else this.#unpublished.set(second, publishing);
        return;
      }
      case 'published':
        if (!this.#unpublished.has(first)) this.#early.add(first);
        this.#unpublished.get(first)?.done();
        this.#unpublished.delete(first);
        return;
      default:
        throw new Error(`the client printed ${event}`);
    }
  }

  get connections(): readonly (boolean | undefined)[] {
    return this.#connections.items;
  }

  connected(times: number): Promise<void> {
    return this.#unlessEnded(this.#connections.reaches(times));
  }

  get messages(): readonly ForeignMessage[] {
    return this.#messages.items;
  }

  received(count: number): Promise<void> {
    return this.#unlessEnded(this.#messages.reaches(count));
  }

  async subscribe(topicFilter: string, qos: number): Promise<number> {
    const count = ++this.#subscribes;
    this.#tell('subscribe', topicFilter, qos);
    await this.#unlessEnded(this.#subscribed.reaches(count));
    return this.#subscribed.items[count - 1] as number;
  }

  unsubscribe(topicFilter: string): Promise<void> {
    this.#tell('unsubscribe', topicFilter);
    return this.#unlessEnded(this.#unsubscribed.reaches(++this.#unsubscribes));
  }

  publish(topicName: string, payload: string, options: ForeignPublish) {
    const { qos, retain = false, contentType = '', trace = '' } = options;
    const [taken, done] = [deferred(), deferred()];
    // Of QoS 0 not every program tells the end, which is that it was taken.
    const onTaken = () => {
      taken.resolve();
      if (qos === 0) done.resolve();
    };
    const name = this.#publishing.push({ taken: onTaken, done: done.resolve }) - 1;
    this.#tell('publish', name, topicName, qos, Number(retain), payload, contentType, trace);
    return { taken: this.#unlessEnded(taken.promise), done: this.#unlessEnded(done.promise) };
  }

  async close(): Promise<void> {
    this.#tell('disconnect');
    this.#process.endInput();
    const { code } = await this.#process.exited;
    if (code !== 0) throw new Error(`the client ended with ${code}\n${this.#process.output}`);
  }

  #tell(...fields: readonly (string | number)[]): void {
    this.#process.write(`${fields.join('\t')}\n`);
  }

  #unlessEnded<T>(promise: Promise<T>): Promise<T> {
    const settled = Promise.race([promise, this.#ended]);
    // Not every test waits for everything.
    settled.catch(() => {});
    return settled;
  }
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
