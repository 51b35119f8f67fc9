/**
 * CONNECT and what answers it. Ends in one of two ways: accepted, with the connection handed over in the same turn, so that no packet
 * behind the CONNACK is lost; or failed, with the one error that says why. Enhanced authentication answers AUTH in between.
 */
import {
  AuthenticationError,
  type AuthPacket,
  type ConnackPacket,
  type ConnectPacket,
  describeReasonCode,
  type Packet,
  type PetrelError,
  ProtocolError,
  reasonCode,
} from '@petrel/protocol';
import type { Exchange } from './authentication/exchange.js';
import { Connection, type ConnectionOptions, type ConnectionOwner } from './connection.js';
import { ConnectError } from './errors.js';

/** One attempt to connect. */
export interface HandshakeOptions extends ConnectionOptions {
  readonly connect: ConnectPacket;
  /** Of enhanced authentication; its first data are in `connect`. */
  readonly exchange: Exchange | undefined;
  /** From the opening of the transport to CONNACK, authentication included. */
  readonly timeoutMs: number;
  /** URL without credentials, for messages. */
  readonly name: string;
  /** Observes what comes before there is a next owner: AUTH and CONNACK. */
  readonly onReceive: (packet: Packet) => void;
  /** Must give the connection its next owner before it returns. */
  readonly onAccepted: (connection: Connection, connack: ConnackPacket) => void;
  readonly onFailed: (error: ConnectError) => void;
}

/** The first owner of a connection. */
export class Handshake implements ConnectionOwner {
  readonly #options: HandshakeOptions;
  readonly #connection: Connection;
  readonly #cancelTimeout: () => void;
  #opened = false;
  #over = false;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#connection = new Connection(options, this);
    this.#cancelTimeout = options.clock.schedule(options.timeoutMs, () => {
      const what = this.#opened ? 'did not answer the CONNECT' : 'could not be reached';
      this.#fail('PETREL_CONNECT_TIMEOUT', `${options.name} ${what} within ${options.timeoutMs} ms`);
    });
  }

  /** Gives up; `onFailed` gets the cause. */
  abort(cause: unknown): void {
    this.#fail('PETREL_CONNECT_UNREACHABLE', `connecting to ${this.#options.name} was stopped`, { cause });
  }

  onOpen(): void {
    this.#opened = true;
    try {
      this.#connection.send(this.#options.connect); // [MQTT-3.1.0-1]
      this.#connection.flush();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#fail('PETREL_CONNECT_INVALID', `CONNECT cannot be written: ${why}`, { cause });
    }
  }

  onPacket(packet: Packet): void {
    this.#options.onReceive(packet);
    switch (packet.type) {
      case 'connack':
        this.#onConnack(packet);
        return;
      case 'auth':
        this.#onAuth(packet);
        return;
      default:
        throw new ProtocolError(`the server sent ${packet.type.toUpperCase()} before CONNACK [MQTT-3.2.0-1]`);
    }
  }

  #onAuth(packet: AuthPacket): void {
    const { exchange } = this.#options;
    if (exchange === undefined) {
      throw new ProtocolError(
        'the server sent AUTH, the CONNECT named no Authentication Method [MQTT-4.12.0-7]',
      );
    }
    if (packet.reasonCode === reasonCode.success) {
      throw new ProtocolError('the server sent AUTH 0x00 instead of CONNACK (MQTT 5.0 section 4.12)');
    }
    exchange
      .answer(packet)
      .then((answer) => {
        this.#connection.send(answer);
        this.#connection.flush();
      })
      .catch((error: unknown) => this.#connection.fail(error));
  }

  #onConnack(connack: ConnackPacket): void {
    const { name, connect, onAccepted } = this.#options;
    const code = connack.reasonCode;
    if (code >= 0x80) {
      const reason = connack.properties.reasonString;
      const detail = reason === undefined ? '' : `: ${reason}`;
      // [MQTT-4.13.2-1]
      this.#fail('PETREL_CONNECT_REFUSED', `${name} refused: ${describeReasonCode(code)}${detail}`, {
        reasonCode: code,
        serverReference: connack.properties.serverReference,
      });
      return;
    }
    if (connect.cleanStart && connack.sessionPresent) {
      throw new ProtocolError('CONNACK has Session Present after Clean Start [MQTT-3.2.2-4]');
    }
    if (
      connect.clientIdentifier === '' &&
      connect.protocolVersion === 5 &&
      !connack.properties.assignedClientIdentifier
    ) {
      throw new ProtocolError('CONNACK assigns no Client Identifier to a client without one [MQTT-3.2.2-16]');
    }
    this.#options.exchange?.complete(connack.properties, 'CONNACK');
    this.#over = true;
    this.#cancelTimeout();
    onAccepted(this.#connection, connack);
  }

  onDrain(): void {
    // Nothing waits: CONNECT and AUTH leave as they are.
  }

  onClose(error: PetrelError): void {
    const { name } = this.#options;
    const cause = error.cause ?? error;
    const detail = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    if (error instanceof AuthenticationError) {
      this.#fail('PETREL_CONNECT_AUTHENTICATION', `${name} is not trusted: ${error.message}`, {
        cause: error,
      });
    } else if (error.code !== 'PETREL_CONNECTION_LOST') {
      this.#fail('PETREL_CONNECT_BAD_ANSWER', `${name} broke the protocol: ${error.message}`, {
        cause: error,
      });
    } else if (this.#opened) {
      this.#fail('PETREL_CONNECT_CLOSED', `${name} closed without answering the CONNECT${detail}`, { cause });
    } else {
      this.#fail('PETREL_CONNECT_UNREACHABLE', `${name} cannot be reached${detail}`, { cause });
    }
  }

  #fail(
    code: ConstructorParameters<typeof ConnectError>[0],
    message: string,
    options?: ConstructorParameters<typeof ConnectError>[2],
  ): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimeout();
    this.#connection.destroy();
    this.#options.onFailed(new ConnectError(code, message, options));
  }
}
