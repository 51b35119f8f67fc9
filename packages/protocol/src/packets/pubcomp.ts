/** PUBCOMP (section 3.7): ends the QoS 2 exchange. Its layout is the one all four acknowledgements share. */
import type { AcknowledgementPacket } from './acknowledgement.js';

/** PUBCOMP: ends the QoS 2 exchange. */
export type PubcompPacket = AcknowledgementPacket<'pubcomp'>;
