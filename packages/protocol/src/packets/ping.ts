/** PINGREQ and PINGRESP (sections 3.12 and 3.13): nothing but a fixed header, so one object of each is enough. */

/** PINGREQ: the client is alive and asks whether the server is. */
export interface PingreqPacket {
  readonly type: 'pingreq';
}

/** PINGRESP: the server is alive. */
export interface PingrespPacket {
  readonly type: 'pingresp';
}

/** The PINGREQ. */
export const pingreq: PingreqPacket = Object.freeze({ type: 'pingreq' });

/** The PINGRESP. */
export const pingresp: PingrespPacket = Object.freeze({ type: 'pingresp' });
