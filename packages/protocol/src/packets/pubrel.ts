/** PUBREL (section 3.6): releases the Packet Identifier of a QoS 2 message. Its layout is the one all four acknowledgements share. */
import type { AcknowledgementPacket } from './acknowledgement.js';

/** PUBREL: releases the Packet Identifier of a QoS 2 message. */
export type PubrelPacket = AcknowledgementPacket<'pubrel'>;
