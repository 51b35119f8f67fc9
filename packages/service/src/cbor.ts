/** CBOR (RFC 8949), by the optional library `cbor2`. */
import { decode, encode } from 'cbor2';
import type { PayloadCodec } from './content-types.js';

/** `createService({ codecs: [cbor], contentType: cbor.contentType })`: Content Type `application/cbor`. */
export const cbor: PayloadCodec = {
  contentType: 'application/cbor',
  encode: (data) => encode(data),
  decode: (payload) => decode(payload),
};
