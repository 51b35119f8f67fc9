/** The protocol versions on the wire, by their protocol level. */

/** 3 is MQTT 3.1, 4 is MQTT 3.1.1, 5 is MQTT 5.0: the byte that CONNECT carries. */
export type ProtocolVersion = 3 | 4 | 5;

/** Quality of Service: at most once, at least once, exactly once. */
export type QoS = 0 | 1 | 2;

/** Which end of the connection sent a packet; some packets and codes belong to one end only. */
export type Sender = 'client' | 'server';

/** The statement for a message, in brackets: MQTT 5.0 and 3.1.1 number some rules differently, and 3.1 numbers none. */
export function clauseOf(protocolVersion: ProtocolVersion, version5: string, version311: string): string {
  return protocolVersion === 5 ? version5 : version311;
}

/** The version as people write it, for messages. */
export const protocolVersionName: Readonly<Record<ProtocolVersion, string>> = {
  3: '3.1',
  4: '3.1.1',
  5: '5.0',
};
