/** What an Authentication Method of enhanced authentication (section 4.12) is to the broker. */
import type { Answer, AuthenticationRequest, Client, Principal, Refusal } from '../hooks.js';

/** A method by the name that clients send in CONNECT; knows no packets, only the Authentication Data in them. */
export interface AuthenticationMethod {
  /** Compared as it is, such as "SCRAM-SHA-256". */
  readonly name: string;
  /** Begins one exchange, of a CONNECT or of a re-authentication. `request` says who asks and from where. */
  begin(request: AuthenticationRequest): AuthenticationExchange;
  /** Whether a client that a method of this name accepted would still be; asked after `broker.update()`. Default: it would. */
  stillValid?(client: Client): Answer<boolean>;
}

/** One exchange: a state machine that answers what the client sends until it accepts or refuses. */
export interface AuthenticationExchange {
  /**
   * Gets the Authentication Data of CONNECT or of AUTH 0x19 first, then that of each AUTH 0x18; undefined where the packet has none.
   * Answers with a value or a promise, during which the client's further packets wait. Throwing AuthenticationError refuses; throwing
   * anything else refuses too, and the logger is told.
   */
  next(data: Uint8Array | undefined): Answer<AuthenticationStep>;
}

/** Asks for more; the data goes out in AUTH 0x18. */
export interface AuthenticationChallenge {
  readonly data?: Uint8Array | undefined;
}

/** The client is who it says; the data goes out in CONNACK, or in AUTH 0x00 after a re-authentication. */
export interface AuthenticationSuccess extends AuthenticationChallenge {
  readonly principal: Principal;
}

/** What an exchange answers: success where there is a principal, refusal where there is a Reason Code, else a challenge. */
export type AuthenticationStep = AuthenticationSuccess | AuthenticationChallenge | Refusal;
