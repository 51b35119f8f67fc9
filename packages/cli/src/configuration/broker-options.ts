/** Makes the options of createBroker from a checked configuration: reads the files that it names, and changes names where Node has others. */
import { authenticationChain, type BrokerOptions, type ListenerOptions } from '@petrel/broker';
import type { Authentication } from './authenticators.js';
import type { ValuePath } from './check-value.js';
import type { NamedFiles } from './named-files.js';
import type { Configuration } from './schema.js';

/** What cannot be read is reported by `files`. */
export async function toBrokerOptions(
  configuration: Configuration,
  { chain, methods }: Authentication,
  files: NamedFiles,
): Promise<Omit<BrokerOptions, 'logger'>> {
  const {
    listeners = [{ type: 'tcp', port: 1883 }],
    dataFolder,
    allowAnonymous,
    authentication,
  } = configuration;
  // Without a method nobody is asked, and who may come in is a matter of the listeners.
  const authenticate = authentication && authenticationChain(chain, { allowAnonymous });
  return {
    ...(authenticate && { hooks: { authenticate, stillValid: authenticate.stillValid } }),
    authenticationMethods: methods,
    access: configuration.access,
    listeners: await Promise.all(
      listeners.map((listener, index) => toListener(listener, files, ['listeners', index])),
    ),
    allowAnonymous,
    dataFolder: dataFolder === undefined ? undefined : files.resolve(dataFolder),
    durability: configuration.durability,
    sysTopicsIntervalMs: configuration.sysTopicsIntervalMs,
    limits: configuration.limits,
  };
}

type TlsOptions = Pick<
  Extract<ListenerOptions, { type: 'tls' }>,
  'ca' | 'crl' | 'passphrase' | 'certificates'
>;

type ListenerConfiguration = NonNullable<Configuration['listeners']>[number];

async function toListener(
  listener: ListenerConfiguration,
  files: NamedFiles,
  path: ValuePath,
): Promise<ListenerOptions> {
  switch (listener.type) {
    case 'tcp':
      return listener;
    case 'unix':
      return { ...listener, path: files.resolve(listener.path) };
    case 'tls': {
      const { key, cert, ca, crl, passphraseFile, certificates, ...rest } = listener;
      const pair = {
        key: await files.read(key, [...path, 'key']),
        cert: await files.read(cert, [...path, 'cert']),
      };
      const more = { ca, crl, passphraseFile, certificates };
      return { ...rest, ...pair, ...(await readTlsFiles(more, files, path)) };
    }
    case 'websocket': {
      const { key, cert, ca, crl, passphraseFile, certificates, ...rest } = listener;
      const pair = {
        ...(key === undefined ? {} : { key: await files.read(key, [...path, 'key']) }),
        ...(cert === undefined ? {} : { cert: await files.read(cert, [...path, 'cert']) }),
      };
      const more = { ca, crl, passphraseFile, certificates };
      return { ...rest, ...pair, ...(await readTlsFiles(more, files, path)) };
    }
  }
}

type TlsFiles = Pick<
  Extract<ListenerConfiguration, { type: 'tls' }>,
  'ca' | 'crl' | 'passphraseFile' | 'certificates'
>;

async function readTlsFiles(
  { ca, crl, passphraseFile, certificates }: TlsFiles,
  files: NamedFiles,
  path: ValuePath,
): Promise<Partial<TlsOptions>> {
  return {
    ...(ca === undefined ? {} : { ca: await files.read(ca, [...path, 'ca']) }),
    ...(crl === undefined ? {} : { crl: await files.read(crl, [...path, 'crl']) }),
    ...(await readPassphrase(passphraseFile, files, path)),
    ...(certificates === undefined
      ? {}
      : {
          certificates: await Promise.all(
            certificates.map((each, index) => readCertificate(each, files, [...path, 'certificates', index])),
          ),
        }),
  };
}

async function readCertificate(
  { serverNames, key, cert, passphraseFile }: NonNullable<TlsFiles['certificates']>[number],
  files: NamedFiles,
  path: ValuePath,
): Promise<NonNullable<TlsOptions['certificates']>[number]> {
  return {
    serverNames,
    key: await files.read(key, [...path, 'key']),
    cert: await files.read(cert, [...path, 'cert']),
    ...(await readPassphrase(passphraseFile, files, path)),
  };
}

async function readPassphrase(
  file: string | undefined,
  files: NamedFiles,
  path: ValuePath,
): Promise<{ passphrase?: string }> {
  if (file === undefined) return {};
  return { passphrase: await files.readLine(file, [...path, 'passphraseFile']) };
}
