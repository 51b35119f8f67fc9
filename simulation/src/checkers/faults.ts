/** The broker finds nothing wrong with itself, and ends no connection of a client that did nothing wrong. */
import { reasonCode, reasonCodeName } from '@petrel/protocol';
import type { Checker } from './checker.js';

const usual: readonly number[] = [
  reasonCode.sessionTakenOver,
  reasonCode.keepAliveTimeout,
  reasonCode.serverShuttingDown,
];

/** No error in the broker's log, no DISCONNECT that says the client broke a rule, no refused CONNECT. */
export const faults: Checker = {
  name: 'faults',
  check({ events }) {
    return events.flatMap((event) => {
      if (event.kind === 'fault') return [`${event.who} reports ${String(event.error)}`];
      if (event.kind !== 'leave') return [];
      const { packet, client } = event;
      if (packet.type === 'disconnect' && !usual.includes(packet.reasonCode))
        return [`${client} was disconnected with ${reasonCodeName(packet.reasonCode)}`];
      if (packet.type === 'connack' && packet.reasonCode !== 0)
        return [`${client} was refused with ${reasonCodeName(packet.reasonCode)}`];
      return [];
    });
  },
};
