/** PUBREC (section 3.5): first answer to a PUBLISH of QoS 2. Its layout is the one all four acknowledgements share. */
import type { AcknowledgementPacket } from './acknowledgement.js';

/** PUBREC: first answer to a PUBLISH of QoS 2. */
export type PubrecPacket = AcknowledgementPacket<'pubrec'>;
