/** Steps and histories as text, for people who look for a fault. */
import { describePacket } from '@petrel/protocol';
import type { HistoryEvent } from './history.js';
import { messageOf } from './message-name.js';
import type { Step } from './step.js';

/** One line: the pause, who does what, and everything that is not as usual. */
export function describeStep({ afterMs, ...action }: Step): string {
  const { kind, ...details } = action;
  const fields = Object.entries(details)
    .filter(([, value]) => value !== undefined && value !== false && value !== 0)
    .map(([name, value]) => (name === 'client' ? String(value) : `${name} ${JSON.stringify(value)}`));
  return `+${afterMs} ms  ${[kind, ...fields].join(' ')}`;
}

/** One line for each event at the broker's end, and for what applications got. */
export function describeHistory(events: readonly HistoryEvent[]): string[] {
  return events.flatMap((event) => {
    const line = describeEvent(event);
    return line === undefined ? [] : [`${String(event.at).padStart(7)} ms  ${line}`];
  });
}

function describeEvent(event: HistoryEvent): string | undefined {
  switch (event.kind) {
    case 'arrive':
    case 'leave': {
      const { packet } = event;
      const name = packet.type === 'publish' ? ` = ${messageOf(packet.payload)}` : '';
      return `${event.client} link ${event.link} ${event.kind === 'arrive' ? '→' : '←'} ${describePacket(packet)}${name}`;
    }
    case 'take':
      return `${event.client} takes ${event.message} from ${event.topicName}`;
    case 'accept':
      return `${event.client} is accepted, session ${event.sessionPresent ? 'present' : 'new'}`;
    case 'gone':
      return `${event.client} link ${event.link} gone, by the ${event.by}`;
    case 'restart':
      return `the broker ${event.graceful ? 'closes' : 'dies'}, and another one opens`;
    case 'fault':
      return `${event.who} reports ${String(event.error)}`;
    default:
      return undefined;
  }
}
