/** Makes bridges of the section `bridges`, and what they may do here of their topics. */
import { type BridgeOptions, checkBridgeOptions } from '@petrel/bridge';
import type { AccessRule } from '@petrel/broker';
import type { Report, ValuePath } from './check-value.js';
import type { NamedFiles } from './named-files.js';
import type { Configuration } from './schema.js';

type BridgeConfiguration = NonNullable<Configuration['bridges']>[number];

/** A bridge that lacks its near end: the broker is not there yet. */
export type RemoteBridge = Omit<BridgeOptions, 'local' | 'onEvent'>;

/** The principal that a bridge is here. */
export function principalOf(bridgeName: string): string {
  return `bridge:${bridgeName}`;
}

/** What cannot be made is reported. */
export async function toBridges(
  configuration: readonly BridgeConfiguration[],
  files: NamedFiles,
  report: Report,
): Promise<readonly RemoteBridge[]> {
  const bridges: RemoteBridge[] = [];
  for (const [index, given] of configuration.entries()) {
    const path: ValuePath = ['bridges', index];
    if (configuration.findIndex(({ name }) => name === given.name) !== index)
      report([...path, 'name'], 'is the name of another bridge too');
    const bridge = await toBridge(given, files, path, report);
    try {
      checkBridgeOptions({ ...bridge, local: { url: 'mqtt://localhost' } });
    } catch (error) {
      report(path, `cannot be used: ${(error as Error).message}`);
    }
    bridges.push(bridge);
  }
  return bridges;
}

async function toBridge(
  { name, url, userName, passwordFile, ca, cert, key, keepAlive, topics }: BridgeConfiguration,
  files: NamedFiles,
  path: ValuePath,
  report: Report,
): Promise<RemoteBridge> {
  if ((cert === undefined) !== (key === undefined))
    report([...path, cert === undefined ? 'key' : 'cert'], `needs "${cert === undefined ? 'cert' : 'key'}"`);
  if (hasCredentials(url))
    report(
      [...path, 'url'],
      'must have no user name and no password in it: they are in "userName" and "passwordFile"',
    );
  const tls: { ca?: string; cert?: string; key?: string } = {};
  if (ca !== undefined) tls.ca = await files.read(ca, [...path, 'ca']);
  if (cert !== undefined) tls.cert = await files.read(cert, [...path, 'cert']);
  if (key !== undefined) tls.key = await files.read(key, [...path, 'key']);
  const password =
    passwordFile === undefined ? undefined : await files.readLine(passwordFile, [...path, 'passwordFile']);
  return {
    name,
    remote: { url, userName, password, keepAlive, tls },
    topics: topics.map(({ filter = '', ...topic }) => ({ ...topic, filter })),
  };
}

function hasCredentials(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed !== undefined && (parsed.username !== '' || parsed.password !== '');
}

/** What a bridge carries it may get and publish here. A rule that denies wins over these, too. */
export function accessOfBridges(bridges: readonly RemoteBridge[]): readonly AccessRule[] {
  return bridges.flatMap(({ name, topics }) =>
    topics.map(({ filter, localPrefix = '', direction = 'out' }): AccessRule => {
      const receives = direction === 'in' ? [] : (['subscribe', 'receive'] as const);
      const publishes = direction === 'out' ? [] : (['publish'] as const);
      return {
        allow: [...receives, ...publishes],
        topics: [`${localPrefix}${filter}`.replaceAll('%', '%%')],
        users: [principalOf(name)],
      };
    }),
  );
}
