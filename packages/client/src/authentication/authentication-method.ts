/** What an Authentication Method of enhanced authentication (MQTT 5.0 section 4.12) is to the client. */

/** A method by the name that CONNECT gives; knows no packets, only the Authentication Data in them. */
export interface AuthenticationMethod {
  /** What servers know it by, such as "SCRAM-SHA-256". */
  readonly name: string;
  /** Begins one exchange, for a CONNECT or a re-authentication. */
  begin(): AuthenticationExchange;
}

/** One exchange: a state machine. Whatever throws or rejects ends the connection; AuthenticationError says what was not proved. */
export interface AuthenticationExchange {
  /** The Authentication Data of CONNECT, or of AUTH 0x19. */
  first(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Answers the data of the server's AUTH 0x18, undefined where it has none. */
  answer(challenge: Uint8Array | undefined): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** The server accepts, with the last data if it has any: throws unless the server has proved what it has to. At once, no promise. */
  complete(data: Uint8Array | undefined): void;
}
