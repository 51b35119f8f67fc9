/** The client of this house in the hands of a run: it connects again by itself, and decides alone what it sends again. */
import { Duplex } from 'node:stream';
import { type Client, type ClientOptions, createClient } from '@petrel/client';
import type { Link } from './link.js';
import { messageOf, payloadOf } from './message-name.js';
import type { ClientContext, SimulatedClient } from './simulated-client.js';
import type { ConnectStep, PublishStep, SubscribeStep } from './step.js';

/** What a promise comes to is in the history; here only its owner is missing. */
const ignore = (): void => {};

/** One client object, and the connection it uses. */
interface Incarnation {
  terms: ConnectStep;
  link: Link | undefined;
  readonly client: Client;
}

/** A real client; `connect` breaks the connection it has, and the next one has the faults of the step. */
export class PetrelClient implements SimulatedClient {
  readonly name: string;
  readonly #context: ClientContext;
  readonly #all: Client[] = [];
  #current: Incarnation | undefined;

  constructor(name: string, context: ClientContext) {
    this.name = name;
    this.#context = context;
  }

  get link(): Link | undefined {
    return this.#current?.link;
  }

  connect(step: ConnectStep): void {
    const current = this.#current;
    if (current === undefined) {
      this.#current = this.#start(step);
      return;
    }
    current.terms = { ...current.terms, faults: step.faults };
    current.link?.cut();
  }

  publish({ message, topicName, qos, retain, clears, padding }: PublishStep): void {
    const payload = clears ? '' : payloadOf(message, padding);
    this.#current?.client.publish(topicName, payload, { qos, retain }).catch(ignore);
  }

  subscribe({ topicFilter, qos, noLocal, retainAsPublished, retainHandling }: SubscribeStep): void {
    const options = { qos, noLocal, retainAsPublished, retainHandling };
    this.#current?.client.subscribe(topicFilter, options, ignore).catch(ignore);
  }

  unsubscribe(topicFilter: string): void {
    this.#current?.client.unsubscribe(topicFilter).catch(ignore);
  }

  disconnect(): void {
    this.#current?.client.close().catch(ignore);
    this.#current = undefined;
  }

  destroy(): void {
    for (const client of this.#all.splice(0)) client.destroy();
  }

  #start(step: ConnectStep): Incarnation {
    // Two clients of one name would take the session from each other for ever.
    this.destroy();
    const client = createClient({
      ...optionsOf(step),
      stream: () => this.#openStream(incarnation),
      clientIdentifier: this.name,
      clock: this.#context.clock,
      random: this.#context.random,
    });
    const incarnation: Incarnation = { terms: step, link: undefined, client };
    this.#all.push(client);
    this.#observe(incarnation);
    return incarnation;
  }

  #observe(incarnation: Incarnation): void {
    const { history } = this.#context;
    const { client } = incarnation;
    client.on('packetReceive', (packet) => incarnation.link?.received(packet));
    client.on('error', ignore);
    client.on('message', ({ payload, topicName, qos, retain }) =>
      history.add({
        kind: 'take',
        at: history.now,
        link: incarnation.link?.number ?? 0,
        client: this.name,
        message: messageOf(payload),
        topicName,
        qos,
        retain,
      }),
    );
  }

  #openStream(incarnation: Incarnation): Duplex {
    const stream = new Duplex({
      read: ignore,
      write: (chunk: Uint8Array, _encoding, done) => {
        link.write(chunk);
        done();
      },
      final: (done) => {
        link.close();
        done();
      },
      destroy: (error, done) => {
        link.close();
        done(error);
      },
    });
    const link = this.#context.openLink(incarnation.terms, {
      onBytes: (bytes) => stream.push(bytes),
      onClose: () => {
        if (!stream.destroyed) stream.push(null);
      },
    });
    incarnation.link = link;
    return stream;
  }
}

function optionsOf(step: ConnectStep): Omit<ClientOptions, 'stream'> {
  const { protocolVersion, keepAlive, receiveMaximum, sessionExpiryInterval, maximumPacketSize, will } = step;
  return {
    protocolVersion,
    // Whoever had the name before has taken its state along.
    cleanStart: true,
    sessionExpiryInterval,
    keepAlive,
    receiveMaximum,
    // A server of MQTT 3.x cannot be told, and would send the same large packet on every connection.
    ...(maximumPacketSize > 0 && protocolVersion === 5 && { maximumPacketSize }),
    ...(will !== undefined && {
      will: {
        topicName: will.topicName,
        payload: payloadOf(will.message),
        qos: will.qos,
        retain: will.retain,
        properties: will.delay > 0 && protocolVersion === 5 ? { willDelayInterval: will.delay } : {},
      },
    }),
    reconnect: { minDelayMs: 50, maxDelayMs: 200 },
    connectTimeoutMs: 5_000,
  };
}
