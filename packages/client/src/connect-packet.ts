/** Builds CONNECT from the options, and gets the credentials for it. */
import {
  type AuthProperties,
  type ConnectPacket,
  largestPacketSize,
  noProperties,
  type ProtocolVersion,
  UsageError,
} from '@petrel/protocol';
import { Exchange } from './authentication/exchange.js';
import type { Endpoint } from './endpoint.js';
import { ConnectError } from './errors.js';
import type { ValueOrFunction } from './options.js';
import { toPayload } from './payload.js';
import type { ResolvedOptions } from './resolve-options.js';

/** What to authenticate by at one server. */
export interface Credentials {
  readonly userName: string | undefined;
  readonly password: Uint8Array | undefined;
  /** Of enhanced authentication. */
  readonly exchange: Exchange | undefined;
  readonly first: AuthProperties;
}

/** Asks the option functions, then the URL; throws ConnectError when a function fails. */
export async function resolveCredentials(options: ResolvedOptions, endpoint: Endpoint): Promise<Credentials> {
  const userName = (await currentValue(options.userName, 'userName', 'a string')) ?? endpoint.userName;
  const password =
    (await currentValue(options.password, 'password', 'a string or a Uint8Array')) ?? endpoint.password;
  const { exchange, first } = await beginAuthentication(options);
  return { userName, password: password === undefined ? undefined : toPayload(password), exchange, first };
}

async function beginAuthentication({ authentication }: ResolvedOptions) {
  if (authentication === undefined) return { exchange: undefined, first: noProperties };
  try {
    const exchange = new Exchange(authentication);
    return { exchange, first: await exchange.first() };
  } catch (cause) {
    throw new ConnectError(
      'PETREL_CONNECT_CREDENTIALS',
      'the method given as option "authentication" failed',
      {
        cause,
      },
    );
  }
}

async function currentValue<T>(value: ValueOrFunction<T>, name: string, rule: string): Promise<T> {
  if (typeof value !== 'function') return value;
  const what = `the function given as option "${name}"`;
  let given: T;
  try {
    given = await (value as () => T | Promise<T>)();
  } catch (cause) {
    throw new ConnectError('PETREL_CONNECT_CREDENTIALS', `${what} failed`, { cause });
  }
  const isBytes = name === 'password' && given instanceof Uint8Array;
  if (given === undefined || given === null || typeof given === 'string' || isBytes) return given;
  throw new ConnectError('PETREL_CONNECT_CREDENTIALS', `${what} must give ${rule}, got ${typeof given}`);
}

/** CONNECT for one protocol version; throws UsageError on what that version cannot say. */
export function connectPacket(
  options: ResolvedOptions,
  protocolVersion: ProtocolVersion,
  session: { readonly clientIdentifier: string; readonly cleanStart: boolean },
  { userName, password, first }: Credentials,
): ConnectPacket {
  if (protocolVersion !== 5 && session.clientIdentifier === '' && !session.cleanStart) {
    throw new UsageError('MQTT 3.x needs a clientIdentifier when cleanStart is false [MQTT-3.1.3-7]');
  }
  return {
    type: 'connect',
    protocolVersion,
    ...session,
    keepAlive: options.keepAlive,
    will: options.will,
    userName,
    password,
    properties: protocolVersion === 5 ? { ...properties(options), ...first } : noProperties,
  };
}

/** What the standard assumes anyway is left out. */
function properties(options: ResolvedOptions): ConnectPacket['properties'] {
  const { sessionExpiryInterval, receiveMaximum, maximumPacketSize, topicAliasMaximum } = options;
  return {
    ...options.properties,
    sessionExpiryInterval: sessionExpiryInterval === 0 ? undefined : sessionExpiryInterval,
    receiveMaximum: receiveMaximum === 65_535 ? undefined : receiveMaximum,
    maximumPacketSize: maximumPacketSize === largestPacketSize ? undefined : maximumPacketSize,
    topicAliasMaximum: topicAliasMaximum === 0 ? undefined : topicAliasMaximum,
  };
}
