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
  /**
   * The server that one reference of a Server Reference names: `host`, `host:port` or a URL. Undefined where it is none, and where
   * following it would give up TLS or leave this machine's sockets.
   */
  readonly refer: (reference: string) => Endpoint | undefined;
}

const plainSchemes: ReadonlySet<string> = new Set(['mqtt', 'tcp', 'ws']);
const securedSchemes: ReadonlySet<string> = new Set(['mqtts', 'tls', 'ssl', 'wss']);
const hostAndPort = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+)(:\d{1,5})?$/i;

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
      {
        name: 'the given stream',
        open: streamTransport(stream),
        userName: undefined,
        password: undefined,
        refer: () => undefined,
      },
    ];
  }
  return (urls ?? [url as string | URL]).map((text) => resolveUrl(text, platform, options));
}

function resolveUrl(text: string | URL, platform: Platform, options: TransportOptions): Endpoint {
  const { transports } = platform;
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
    refer: (reference) => {
      const target = referredUrl(url, reference);
      if (target === undefined) return undefined;
      target.username = username;
      target.password = password;
      try {
        return resolveUrl(target, platform, options);
      } catch {
        return undefined;
      }
    },
  };
}

/** The URL behind one reference, with the scheme of the server that gives it unless it names another. */
function referredUrl(from: URL, reference: string): URL | undefined {
  const isHost = hostAndPort.test(reference);
  const text = isHost ? `${from.protocol}//${reference}${from.pathname}${from.search}` : reference;
  if (!URL.canParse(text)) return undefined;
  const target = new URL(text);
  const [former, next] = [from, target].map(({ protocol }) => protocol.slice(0, -1)) as [string, string];
  const isSecured = securedSchemes.has(next);
  const mayFollow = securedSchemes.has(former) ? isSecured : plainSchemes.has(former);
  if (!mayFollow || !(isSecured || plainSchemes.has(next))) return undefined;
  // Credentials are the program's affair, not the server's.
  return target.hostname === '' || target.username !== '' || target.password !== '' ? undefined : target;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//…@');
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;
const isUrl = (value: unknown) => (typeof value === 'string' && value !== '') || value instanceof URL;
const isUrlList = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isUrl);
