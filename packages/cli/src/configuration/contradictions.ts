/** Settings that are right by themselves and wrong together. */
import { isLoopback } from '@petrel/broker';
import type { Report, ValuePath } from './check-value.js';
import type { Configuration } from './schema.js';

/** Reports each pair at the setting that has to go or to be joined by another. */
export function findContradictions(configuration: Configuration, report: Report): void {
  const { durability, dataFolder, listeners = [] } = configuration;
  if (durability !== undefined && dataFolder === undefined)
    report(['durability'], '"durability" needs "dataFolder": without one nothing is kept');
  if (configuration.limits?.dataFolder !== undefined && dataFolder === undefined)
    report(['limits', 'dataFolder'], '"limits.dataFolder" needs "dataFolder"');
  findOpenDoors(configuration, report);
  const certificateIndex =
    configuration.authentication?.findIndex(({ type }) => type === 'certificate') ?? -1;
  if (
    certificateIndex >= 0 &&
    !listeners.some((each) => 'requestCert' in each && each.requestCert === true)
  ) {
    report(
      ['authentication', certificateIndex],
      `"authentication[${certificateIndex}]" needs a listener with "requestCert: true"`,
    );
  }
  findSharedAddresses(configuration, report);
  findLimitsThatCross(configuration, report);
  for (const [index, listener] of listeners.entries()) {
    const at = ['listeners', index] as const;
    if (listener.type === 'unix' || listener.type === 'tcp') continue;
    if (listener.requestCert === true && listener.ca === undefined)
      report(
        [...at, 'requestCert'],
        `"listeners[${index}].requestCert" needs "ca": without it every authority of the Web would vouch for clients`,
      );
    for (const name of ['ca', 'crl'] as const) {
      if (listener[name] !== undefined && listener.requestCert !== true)
        report(
          [...at, name],
          `"listeners[${index}].${name}" needs "requestCert: true": nobody is asked for a certificate`,
        );
    }
    if (listener.type === 'websocket') {
      const { key, cert } = listener;
      if ((key === undefined) !== (cert === undefined))
        report([...at, key === undefined ? 'cert' : 'key'], '"key" and "cert" need each other');
      for (const name of [
        'ca',
        'crl',
        'certificates',
        'requestCert',
        'minVersion',
        'passphraseFile',
      ] as const) {
        if (listener[name] !== undefined && key === undefined)
          report([...at, name], `"listeners[${index}].${name}" needs "key" and "cert"`);
      }
    }
  }
}

/** Only one can listen on an address; one that listens on all of them takes those of the others too. */
function findSharedAddresses({ listeners, admin, health }: Configuration, report: Report): void {
  if (listeners?.length === 0)
    report(
      ['listeners'],
      '"listeners" is empty: nobody could connect; leave it out for port 1883 of this machine',
    );
  const taken: { readonly name: string; readonly host: string; readonly port: number | string }[] = [];
  const take = (name: string, path: ValuePath, host: string, port: number | string) => {
    const other = taken.find(
      (each) => each.port === port && (each.host === host || isAny(each.host) || isAny(host)),
    );
    const where = host === '' ? port : `${host} port ${port}`;
    if (port !== 0 && other !== undefined)
      report(path, `"${name}" and "${other.name}" both listen on ${where}`);
    taken.push({ name, host, port });
  };
  if (admin !== undefined) take('admin', ['admin', 'port'], admin.host ?? '127.0.0.1', admin.port ?? 9883);
  if (health !== undefined)
    take('health', ['health', 'port'], health.host ?? '127.0.0.1', health.port ?? 9884);
  for (const [index, listener] of (listeners ?? []).entries()) {
    const path = ['listeners', index] as const;
    const name = `listeners[${index}]`;
    if (listener.type === 'unix') take(name, [...path, 'path'], '', listener.path);
    else take(name, [...path, 'port'], listener.host ?? '127.0.0.1', listener.port);
  }
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Of two limits that somebody wrote down, one would never be reached. One that is a default gives way without a word. */
function findLimitsThatCross({ limits = {} }: Configuration, report: Report): void {
  for (const [lower, upper] of [
    ['serverKeepAlive', 'maximumKeepAlive'],
    ['admissionLagMs', 'sheddingLagMs'],
    ['maximumPendingConnections', 'maximumConnections'],
    ['maximumConnectionsPerAddress', 'maximumConnections'],
    ['maximumConnectionsPerPrincipal', 'maximumConnections'],
    ['maximumPacketSizeBeforeConnectBytes', 'maximumPacketSizeBytes'],
  ] as const) {
    const [low, high] = [limits[lower], limits[upper]];
    // 0 switches those off that it is allowed for.
    if (low === undefined || high === undefined || high === 0 || low <= high) continue;
    report(['limits', lower], `"limits.${lower}" is ${low}, above "limits.${upper}", ${high}`);
  }
}

/** Outside of the home nobody may do anything that was not allowed: rules must be there, or the word that everything is open. */
function findOpenDoors(configuration: Configuration, report: Report): void {
  const { listeners = [], authentication, access, allowAnonymous } = configuration;
  // Without authentication the broker itself refuses; who lets everybody in has nothing to keep from them.
  if (authentication === undefined || access !== undefined || allowAnonymous === true) return;
  const index = listeners.findIndex(({ type, ...rest }) => type !== 'unix' && !isLoopback(hostOf(rest)));
  if (index === -1) return;
  report(
    ['listeners', index],
    `"listeners[${index}]" can be reached from other machines: say in "access" who may do what, if only with "default: allow"`,
  );
}

function hostOf(listener: object): string {
  return 'host' in listener && typeof listener.host === 'string' ? listener.host : '127.0.0.1';
}
