/** The reader for whatever either end may send. */
import { decodeAnyBody } from './decode-packet.js';
import { FrameReader, type PacketReaderOptions } from './frame-reader.js';

/** The incremental reader of the packets of either end. Shapes, limits and errors: `FrameReader`. */
export class PacketReader extends FrameReader {
  constructor(options: PacketReaderOptions) {
    super(decodeAnyBody, options);
  }
}
