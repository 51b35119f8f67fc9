/** Makes a transport of any Duplex: TCP, TLS and Unix sockets, and the streams that the `stream` option hands over. */
import { UsageError } from '@petrel/protocol';
import { show } from '../option-reader.js';
import type { ByteStream, OpenTransport, Transport, TransportReceiver } from '../transport.js';

/** Starts to read a stream that is open, or that `whenOpen` will report as open. */
export function attachByteStream(
  stream: ByteStream,
  receiver: TransportReceiver,
  whenOpen: (opened: () => void) => void,
): Transport {
  let cause: Error | undefined;
  stream.on('data', (chunk) => receiver.onBytes(chunk));
  stream.on('drain', () => receiver.onDrain());
  stream.on('error', (error) => {
    cause = error;
  });
  // A peer that has ended its side gets ours ended too; 'close' follows.
  stream.on('end', () => stream.end());
  stream.on('close', () => receiver.onClose(cause));
  whenOpen(() => receiver.onOpen());
  return {
    write: (bytes) => stream.write(bytes),
    end: () => {
      stream.end();
    },
    destroy: () => {
      stream.destroy();
    },
  };
}

/** Opens transports from the user's `stream` option; what it throws or rejects with is the cause of the close. */
export function streamTransport(open: () => ByteStream | Promise<ByteStream>): OpenTransport {
  return (receiver) => {
    let transport: Transport | undefined;
    let ended = false;
    Promise.resolve()
      .then(open)
      .then(assertOpen)
      .then(
        (stream) => {
          if (ended) {
            stream.on('error', () => {});
            stream.destroy();
            return receiver.onClose();
          }
          transport = attachByteStream(stream, receiver, () => {});
          // Only now: what the receiver writes on opening goes through `transport`.
          receiver.onOpen();
        },
        (error: unknown) => receiver.onClose(error instanceof Error ? error : new Error(String(error))),
      );
    const stop = (how: 'end' | 'destroy') => {
      ended = true;
      transport?.[how]();
    };
    return {
      write: (bytes) => transport?.write(bytes) ?? false,
      end: () => stop('end'),
      destroy: () => stop('destroy'),
    };
  };
}

/** The same stream given twice would never say that it is closed. */
function assertOpen(stream: ByteStream & { readonly destroyed?: unknown }): ByteStream {
  const isStream = ['on', 'write', 'end', 'destroy'].every(
    (method) => typeof (stream as unknown as Record<string, unknown> | undefined)?.[method] === 'function',
  );
  if (!isStream) throw new UsageError(`option "stream" must open a Duplex, got ${show(stream)}`);
  if (stream.destroyed === true) throw new UsageError('option "stream" gave a stream that is closed already');
  return stream;
}
