/** Makes the options of createBroker from a checked configuration: reads the files that it names, and changes names where Node has others. */
import { authenticationChain, type BrokerOptions, type ListenerOptions } from '@petrel/broker';
import { toAuthentication } from './authenticators.js';
import type { Report, ValuePath } from './check-value.js';
import { NamedFiles } from './named-files.js';
import type { Configuration } from './schema.js';

/** Paths are relative to `folder`. What cannot be read is reported. */
export async function toBrokerOptions(
  configuration: Configuration,
  folder: string,
  report: Report,
): Promise<Omit<BrokerOptions, 'logger'>> {
  const files = new NamedFiles(folder, report);
  const {
    listeners = [{ type: 'tcp', port: 1883 }],
    dataFolder,
    allowAnonymous,
    authentication,
  } = configuration;
  const { chain, methods } = await toAuthentication(authentication ?? [], files, report);
  // Without a method nobody is asked, and who may come in is a matter of the listeners.
  const authenticate = authentication && authenticationChain(chain, { allowAnonymous });
  return {
    ...(authenticate && { hooks: { authenticate } }),
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
      const { key, cert, ca, passphraseFile, ...rest } = listener;
      return {
        ...rest,
        key: await files.read(key, [...path, 'key']),
        cert: await files.read(cert, [...path, 'cert']),
        ...(await readOptional(files, { ca, passphraseFile }, path)),
      };
    }
    case 'websocket': {
      const { key, cert, ca, passphraseFile, ...rest } = listener;
      return {
        ...rest,
        ...(key === undefined ? {} : { key: await files.read(key, [...path, 'key']) }),
        ...(cert === undefined ? {} : { cert: await files.read(cert, [...path, 'cert']) }),
        ...(await readOptional(files, { ca, passphraseFile }, path)),
      };
    }
  }
}

async function readOptional(
  files: NamedFiles,
  { ca, passphraseFile }: { ca: string | undefined; passphraseFile: string | undefined },
  path: ValuePath,
): Promise<{ ca?: string; passphrase?: string }> {
  return {
    ...(ca === undefined ? {} : { ca: await files.read(ca, [...path, 'ca']) }),
    ...(passphraseFile === undefined
      ? {}
      : {
          passphrase: await files.readLine(passphraseFile, [...path, 'passphraseFile']),
        }),
  };
}
