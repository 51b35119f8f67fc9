/** Makes the options of createBroker from a checked configuration: reads the files that it names, and changes names where Node has others. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BrokerOptions, ListenerOptions } from '@petrel/broker';
import type { Report, ValuePath } from './check-value.js';
import type { Configuration } from './schema.js';

/** Paths are relative to `folder`. What cannot be read is reported. */
export async function toBrokerOptions(
  configuration: Configuration,
  folder: string,
  report: Report,
): Promise<Omit<BrokerOptions, 'logger'>> {
  const files = new NamedFiles(folder, report);
  const { listeners = [{ type: 'tcp', port: 1883 }], dataFolder } = configuration;
  return {
    listeners: await Promise.all(
      listeners.map((listener, index) => toListener(listener, files, ['listeners', index])),
    ),
    allowAnonymous: configuration.allowAnonymous,
    dataFolder: dataFolder === undefined ? undefined : resolve(folder, dataFolder),
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
      return { ...listener, path: resolve(files.folder, listener.path) };
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
          passphrase: (await files.read(passphraseFile, [...path, 'passphraseFile'])).replace(/\r?\n$/, ''),
        }),
  };
}

/** The files that a configuration names. */
class NamedFiles {
  readonly folder: string;
  readonly #report: Report;

  constructor(folder: string, report: Report) {
    this.folder = folder;
    this.#report = report;
  }

  /** Empty where the file cannot be read, which is reported. */
  async read(file: string, path: ValuePath): Promise<string> {
    try {
      return await readFile(resolve(this.folder, file), 'utf8');
    } catch (cause) {
      this.#report(path, `cannot be read: ${(cause as Error).message}`);
      return '';
    }
  }
}
