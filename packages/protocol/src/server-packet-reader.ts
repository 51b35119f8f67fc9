/** The reader of a client. Its own file, so that a browser does not ship the decoders of what only servers receive. */
import { decodeServerBody } from './decode-server-packet.js';
import { FrameReader, type PacketReaderOptions } from './frame-reader.js';

/** The incremental reader of the packets that a server sends. Shapes, limits and errors: `FrameReader`. */
export class ServerPacketReader extends FrameReader {
  constructor(options: Omit<PacketReaderOptions, 'sender'>) {
    super(decodeServerBody, { ...options, sender: 'server' });
  }
}
