/** The broker under test: where it listens, and what its owner has set up so that more statements can be observed. */

/** A broker under test. Everything but the URL is optional; a test that needs more says so in its result. */
export interface Target {
  readonly url: URL;
  /** A listener that speaks MQTT over WebSocket, for section 6. */
  readonly webSocketUrl?: URL | undefined;
  /** A listener that announces Maximum QoS 0 and Retain Available 0. */
  readonly limitedUrl?: URL | undefined;
  /** Sent with every CONNECT. */
  readonly userName?: string | undefined;
  readonly password?: Uint8Array | undefined;
  /** A User Name that the broker refuses, with any password. */
  readonly refusedUserName?: string | undefined;
  /** A Client Identifier that the broker refuses. */
  readonly refusedClientIdentifier?: string | undefined;
  /** A Topic Name that nobody may publish or subscribe to. */
  readonly deniedTopic?: string | undefined;
  /** User Name and password that the broker accepts by SCRAM-SHA-256 in AUTH packets. */
  readonly scram?: { readonly userName: string; readonly password: string } | undefined;
  /** How long each expectation waits before it fails. */
  readonly timeoutMs: number;
  /** Told of everything that goes over the wire, a line each. */
  readonly trace?: ((line: string) => void) | undefined;
}
