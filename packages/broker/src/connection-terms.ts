/** What holds for one connection while it lasts, and how it ended. */
import type { ProtocolVersion } from '@petrel/protocol';

/** What CONNECT and the limits came to. */
export interface ConnectionTerms {
  readonly protocolVersion: ProtocolVersion;
  /** Seconds; 0 = none. */
  readonly keepAlive: number;
  /** QoS 1 and 2 messages that may be in flight towards the client. */
  readonly receiveMaximum: number;
  /** Bytes; Infinity where the client named none. */
  readonly maximumPacketSize: number;
  /** Towards the client. */
  readonly topicAliasMaximum: number;
  /** Whether the client wants Reason Strings in packets other than CONNACK and DISCONNECT; never on MQTT 3.x. */
  readonly requestProblemInformation: boolean;
}

/** How a connection ended, as far as it is known. */
export interface ConnectionEnd {
  readonly reasonCode: number | undefined;
  readonly byClient: boolean;
  readonly cause: Error | undefined;
}
