/** What the transport tests share: a receiver that writes down what it is told. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TransportReceiver } from '../transport.js';

/** Keeps all bytes and events; its promises settle with the events. */
export class RecordingReceiver implements TransportReceiver {
  readonly events: string[] = [];
  readonly chunks: Uint8Array[] = [];
  cause: Error | undefined;
  readonly closed: Promise<void>;
  #resolveClosed = () => {};
  #wake = () => {};

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  onBytes(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.events.push('bytes');
    this.#wake();
  }

  onDrain(): void {
    this.events.push('drain');
    this.#wake();
  }

  fail(): void {
    this.events.push('fail');
    this.#wake();
  }

  onClose(cause?: Error): void {
    this.cause = cause;
    this.events.push('close');
    this.#wake();
    this.#resolveClosed();
  }

  async until(condition: (receiver: this) => boolean): Promise<void> {
    while (!condition(this)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** All that a stream gives until it ends. */
export async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(chunks);
}

/** Two connected sockets of this machine. */
export async function socketPair(): Promise<{ server: Socket; client: Socket }> {
  const listener = createServer({ allowHalfOpen: false });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const client = connect(address.port, '127.0.0.1');
  const [server] = (await once(listener, 'connection')) as [Socket];
  if (client.connecting) await once(client, 'connect');
  listener.close();
  return { server, client };
}
