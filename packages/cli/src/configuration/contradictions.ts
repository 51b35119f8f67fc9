/** Settings that are right by themselves and wrong together. */
import { isLoopback } from '@petrel/broker';
import type { Report } from './check-value.js';
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
  const addresses = new Map<string, number>();
  for (const [index, listener] of listeners.entries()) {
    const at = ['listeners', index] as const;
    if (listener.type === 'unix') continue;
    const address = `${listener.host ?? '127.0.0.1'} port ${listener.port}`;
    const other = addresses.get(address);
    if (listener.port !== 0 && other !== undefined)
      report([...at, 'port'], `"listeners[${index}]" and "listeners[${other}]" both listen on ${address}`);
    addresses.set(address, index);
    if (listener.type === 'tcp') continue;
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
