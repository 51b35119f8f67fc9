/** The options that every command has which connects to a broker. */
import { readFile } from 'node:fs/promises';
import type { ClientOptions } from '@petrel/client';
import { UsageError } from '@petrel/protocol';

/** For `readArguments`. */
export const connectionOptions = {
  url: { type: 'string', short: 'u' },
  'user-name': { type: 'string' },
  password: { type: 'string' },
  'client-identifier': { type: 'string', short: 'i' },
  protocol: { type: 'string' },
  ca: { type: 'string' },
  insecure: { type: 'boolean' },
} as const;

/** For the help page of a command. */
export const connectionHelp = `Connection:
  -u, --url URL              mqtt, mqtts, ws, wss or mqtt+unix (default $PETREL_URL, else mqtt://127.0.0.1:1883)
      --user-name NAME
      --password PASSWORD    better: the environment variable PETREL_PASSWORD, which other users cannot see
  -i, --client-identifier ID
      --protocol VERSION     5, 3.1.1, 3.1 or auto (default auto: 5, or 3.1.1 where a broker refuses 5)
      --ca FILE              trust the certificate authorities in this PEM file
      --insecure             accept any certificate: for experiments only`;

/** What `readArguments` makes of them. */
export interface ConnectionArguments {
  readonly url?: string | undefined;
  readonly 'user-name'?: string | undefined;
  readonly password?: string | undefined;
  readonly 'client-identifier'?: string | undefined;
  readonly protocol?: string | undefined;
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
}

const protocols: Readonly<Record<string, 'auto' | 3 | 4 | 5>> = {
  auto: 'auto',
  '5': 5,
  '3.1.1': 4,
  '3.1': 3,
};

/** The options of the client; throws UsageError for a version that does not exist or a file that cannot be read. */
export async function readConnection(values: ConnectionArguments): Promise<ClientOptions> {
  const protocol = values.protocol ?? 'auto';
  const protocolVersion = Object.hasOwn(protocols, protocol) ? protocols[protocol] : undefined;
  if (protocolVersion === undefined) {
    throw new UsageError(`option "--protocol" must be 5, 3.1.1, 3.1 or auto, got "${protocol}"`);
  }
  return {
    url: values.url ?? process.env.PETREL_URL ?? 'mqtt://127.0.0.1:1883',
    protocolVersion,
    userName: values['user-name'],
    password: values.password ?? process.env.PETREL_PASSWORD,
    clientIdentifier: values['client-identifier'],
    tls: {
      ...(values.ca === undefined ? {} : { ca: await readPem(values.ca) }),
      ...(values.insecure ? { rejectUnauthorized: false } : {}),
    },
  };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`option "--ca": ${(cause as Error).message}`, { cause });
  }
}
