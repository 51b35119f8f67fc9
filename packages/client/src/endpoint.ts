/** The servers to try: each URL made into a way to open a byte stream, once, with a name that is safe to print. */
import { UsageError } from '@petrel/protocol';
import { type OptionReader, show } from './option-reader.js';
import type {
  ByteStream,
  OpenTransport,
  Platform,
  TlsOptions,
  TransportOptions,
  WebSocketOptions,
} from './transport.js';
import { streamTransport } from './transports/byte-stream.js';

/** One server. */
export interface Endpoint {
  /** The URL without user name and password. */
  readonly name: string;
  readonly open: OpenTransport;
  /** From the URL. */
  readonly userName: string | undefined;
  readonly password: string | undefined;
}

/** Reads `url`, `urls` or `stream`, and what transports need besides. */
export function resolveEndpoints(read: OptionReader, platform: Platform): readonly Endpoint[] {
  const url = read.of<string | URL>('url', 'a URL', isUrl);
  const urls = read.of<readonly (string | URL)[]>('urls', 'an array of one or more URLs', isUrlList);
  const stream = read.function<() => ByteStream | Promise<ByteStream>>('stream');
  const options: TransportOptions = {
    tls: { ...read.of<TlsOptions>('tls', 'an object', isObject) },
    webSocket: { ...read.of<WebSocketOptions>('webSocket', 'an object', isObject) },
  };
  const given = [url, urls, stream].filter((value) => value !== undefined).length;
  if (given !== 1)
    throw new UsageError(`exactly one of the options "url", "urls" and "stream" is needed, got ${given}`);
  if (stream !== undefined) {
    return [
      { name: 'the given stream', open: streamTransport(stream), userName: undefined, password: undefined },
    ];
  }
  return (urls ?? [url as string | URL]).map((text) => resolveUrl(text, platform, options));
}

function resolveUrl(text: string | URL, { transports }: Platform, options: TransportOptions): Endpoint {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UsageError(
      `url ${show(withoutPassword(String(text)))} is no URL; write it like mqtt://localhost:1883`,
    );
  }
  const scheme = url.protocol.slice(0, -1);
  const factory = Object.hasOwn(transports, scheme) ? transports[scheme] : undefined;
  if (factory === undefined) {
    const known = Object.keys(transports).join(', ');
    throw new UsageError(`url scheme "${scheme}:" is not supported here; known are ${known}`);
  }
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return {
    name: url.href,
    open: factory(url, options),
    userName: username === '' ? undefined : decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
  };
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//…@');
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;
const isUrl = (value: unknown) => (typeof value === 'string' && value !== '') || value instanceof URL;
const isUrlList = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isUrl);
