/** Settings that are right by themselves and wrong together. */
import type { Report } from './check-value.js';
import type { Configuration } from './schema.js';

/** Reports each pair at the setting that has to go or to be joined by another. */
export function findContradictions(configuration: Configuration, report: Report): void {
  const { durability, dataFolder, listeners = [] } = configuration;
  if (durability !== undefined && dataFolder === undefined)
    report(['durability'], '"durability" needs "dataFolder": without one nothing is kept');
  if (configuration.limits?.dataFolder !== undefined && dataFolder === undefined)
    report(['limits', 'dataFolder'], '"limits.dataFolder" needs "dataFolder"');
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
    if (listener.type === 'websocket') {
      const { key, cert } = listener;
      if ((key === undefined) !== (cert === undefined))
        report([...at, key === undefined ? 'cert' : 'key'], '"key" and "cert" need each other');
      for (const name of ['ca', 'requestCert', 'minVersion', 'passphraseFile'] as const) {
        if (listener[name] !== undefined && key === undefined)
          report([...at, name], `"listeners[${index}].${name}" needs "key" and "cert"`);
      }
    }
  }
}
