/** MessagePack, by the optional library `@msgpack/msgpack`. */
import { decode, encode } from '@msgpack/msgpack';
import type { PayloadCodec } from './content-types.js';

/** `createService({ codecs: [messagePack], contentType: messagePack.contentType })`: Content Type `application/msgpack`. */
export const messagePack: PayloadCodec = {
  contentType: 'application/msgpack',
  encode: (data) => encode(data),
  decode: (payload) => decode(payload),
};
