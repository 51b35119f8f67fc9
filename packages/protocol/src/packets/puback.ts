/** PUBACK (section 3.4): acknowledges a PUBLISH of QoS 1. Its layout is the one all four acknowledgements share. */
import type { AcknowledgementPacket } from './acknowledgement.js';

/** PUBACK: acknowledges a PUBLISH of QoS 1. */
export type PubackPacket = AcknowledgementPacket<'puback'>;
