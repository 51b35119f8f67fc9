/** Checks and completes the options of one listener. */

import type { Server as HttpServer } from 'node:http';
import { Server } from 'node:net';
import { UsageError } from '@petrel/protocol';
import { AddressList } from '../access/address-list.js';
import { ListenError } from '../errors.js';
import { type OptionReader, show } from '../option-reader.js';
import type {
  ResolvedListener,
  ResolvedPem,
  ResolvedServerCertificate,
  ResolvedTls,
  ResolvedWebSocketListener,
} from './listener-options.js';
import { isLoopback } from './loopback.js';

const listenerTypes = ['tcp', 'tls', 'websocket', 'unix'] as const;

/** `isOpen`: somebody authenticates, or anonymous clients are welcome from anywhere. Throws UsageError, ListenError. */
export function resolveListener(reader: OptionReader, isOpen: boolean): ResolvedListener {
  const resolved = readListener(reader, !isOpen);
  reader.end();
  return Object.freeze(resolved);
}

function readListener(reader: OptionReader, loopbackOnly: boolean): ResolvedListener {
  const type = reader.oneOf('type', listenerTypes);
  switch (type) {
    case 'tcp':
      return { type, ...readPort(reader, loopbackOnly) };
    case 'tls':
      return { type, ...readPort(reader, loopbackOnly), tls: readTls(reader) };
    case 'unix':
      return { type, path: reader.string('path') };
    case 'websocket':
      return readWebSocket(reader, loopbackOnly);
  }
}

function readPort(reader: OptionReader, loopbackOnly: boolean) {
  const port = reader.integer('port', { minimum: 0, maximum: 65_535 });
  const host = reader.string('host', '127.0.0.1');
  if (loopbackOnly && !isLoopback(host)) {
    throw new ListenError(
      'PETREL_LISTEN_EXPOSED',
      `option "${reader.pathOf('host')}" is ${show(host)}, which can be reached from other machines: ` +
        'set hooks.authenticate, or allowAnonymous: true',
    );
  }
  return {
    port,
    host,
    loopbackOnly,
    proxies: reader.optional('proxies', (name) => readProxies(reader, name)),
  };
}

function readWebSocket(reader: OptionReader, loopbackOnly: boolean): ResolvedWebSocketListener {
  const server = reader.optional('server', (name) =>
    reader.check<HttpServer>(name, 'an http.Server or https.Server', (value) => value instanceof Server),
  );
  const shared = {
    type: 'websocket',
    path: reader.optional('path', (name) => reader.check<string>(name, 'a path such as "/mqtt"', isPath)),
    origins: reader.optional('origins', (name) => readOrigins(reader, name)),
  } as const;
  if (server === undefined) {
    const hasTls = reader.raw('key') !== undefined || reader.raw('cert') !== undefined;
    return {
      ...shared,
      ...readPort(reader, loopbackOnly),
      server,
      tls: hasTls ? readTls(reader) : undefined,
    };
  }
  for (const name of ['port', 'host', 'key', 'cert', 'proxies']) {
    if (reader.raw(name) === undefined) continue;
    throw new UsageError(
      `option "${reader.pathOf(name)}" belongs to the server in "${reader.pathOf('server')}": set it there`,
    );
  }
  return { ...shared, server, tls: undefined, host: '', port: 0, loopbackOnly, proxies: undefined };
}

function readOrigins(reader: OptionReader, name: string): readonly string[] {
  const rule = 'an array of origins such as "https://app.example.com", or "*"';
  const accepts = (value: unknown) => Array.isArray(value) && value.every(isOrigin);
  return Object.freeze([...reader.check<readonly string[]>(name, rule, accepts)]);
}

function isOrigin(value: unknown): boolean {
  return (
    value === '*' ||
    value === 'null' ||
    (typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value)
  );
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/') && !/[?#\s]/.test(value);
}

function readProxies(reader: OptionReader, name: string): AddressList {
  const isText = (value: unknown) =>
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
  const entries = reader.check<readonly string[]>(name, 'an array of addresses or networks', isText);
  return new AddressList(entries, `option "${reader.pathOf(name)}"`);
}

function readPassphrase(reader: OptionReader): { passphrase?: string } {
  const passphrase = reader.raw('passphrase');
  if (passphrase === undefined) return {};
  if (typeof passphrase === 'string') return { passphrase };
  throw new UsageError(`option "${reader.pathOf('passphrase')}" must be a string`);
}

function readCertificate(reader: OptionReader): ResolvedServerCertificate {
  const isNames = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isServerName);
  const certificate = {
    serverNames: reader.check<readonly string[]>(
      'serverNames',
      'an array of names such as "mqtt.example.com" or "*.example.com"',
      isNames,
    ),
    key: readPem(reader, 'key'),
    cert: readPem(reader, 'cert'),
    ...readPassphrase(reader),
  };
  reader.end();
  return certificate;
}

/** A wildcard stands for one whole label, and the first. */
function isServerName(value: unknown): boolean {
  return typeof value === 'string' && /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(value);
}

function readTls(reader: OptionReader): ResolvedTls {
  const passphrase = readPassphrase(reader);
  const ca = reader.optional('ca', (name) => readPem(reader, name));
  const crl = reader.optional('crl', (name) => readPem(reader, name));
  return Object.freeze({
    key: readPem(reader, 'key'),
    cert: readPem(reader, 'cert'),
    ...(ca === undefined ? {} : { ca }),
    ...(crl === undefined ? {} : { crl }),
    ...passphrase,
    certificates: reader.list('certificates').map(readCertificate),
    requestCert: reader.boolean('requestCert', false),
    rejectUnauthorized: true,
    minVersion: reader.oneOf('minVersion', ['TLSv1.2', 'TLSv1.3'] as const, 'TLSv1.2'),
  });
}

/** The value is never shown: it may be a private key. */
function readPem(reader: OptionReader, name: string): ResolvedPem {
  const value = reader.raw(name);
  const pieces: readonly unknown[] = Array.isArray(value) ? value : [value];
  return pieces.map((piece) => {
    if (piece instanceof Uint8Array) return Buffer.from(piece);
    if (typeof piece === 'string' && piece.includes('-----BEGIN')) return piece;
    throw new UsageError(`option "${reader.pathOf(name)}" must be PEM text, its bytes, or an array of these`);
  });
}
