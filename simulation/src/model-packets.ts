/** The CONNECT that a step asks for. */
import { type ConnectPacket, noProperties } from '@petrel/protocol';
import { payloadOf } from './message-name.js';
import type { ConnectStep } from './step.js';

/** CONNECT in the version of the step, which says no more than that version can. */
export function connectPacketOf(step: ConnectStep): ConnectPacket {
  const { protocolVersion, client, cleanStart, keepAlive, will } = step;
  const isLatest = protocolVersion === 5;
  return {
    type: 'connect',
    protocolVersion,
    clientIdentifier: client,
    cleanStart,
    keepAlive,
    ...(will !== undefined && {
      will: {
        topicName: will.topicName,
        payload: payloadOf(will.message),
        qos: will.qos,
        retain: will.retain,
        properties: isLatest && will.delay > 0 ? { willDelayInterval: will.delay } : noProperties,
      },
    }),
    properties: isLatest
      ? {
          sessionExpiryInterval: step.sessionExpiryInterval,
          receiveMaximum: step.receiveMaximum,
          ...(step.maximumPacketSize > 0 && { maximumPacketSize: step.maximumPacketSize }),
        }
      : noProperties,
  };
}
