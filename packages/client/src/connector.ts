/** Tries every server once, at every protocol version that makes sense, until one accepts. Remembers what each server speaks. */
import {
  type ConnackPacket,
  type Packet,
  PetrelError,
  type ProtocolVersion,
  type TopicNameDecoder,
} from '@petrel/protocol';
import { type Credentials, connectPacket, resolveCredentials } from './connect-packet.js';
import type { Connection } from './connection.js';
import type { Endpoint } from './endpoint.js';
import { ConnectError } from './errors.js';
import { Handshake } from './handshake.js';
import type { ResolvedOptions } from './resolve-options.js';
import { type ServerInfo, serverInfo } from './server-info.js';
import { ServerList } from './server-list.js';
import { SpokenVersions } from './spoken-versions.js';

/** What a connector needs besides the options. */
export interface ConnectorOptions {
  readonly options: ResolvedOptions;
  readonly defer: (run: () => void) => void;
  readonly topicNames: TopicNameDecoder;
  readonly onSend: (packet: Packet) => void;
  /** Observes the CONNACK; later packets go to the connection's owner. */
  readonly onReceive: (packet: Packet) => void;
  /** The session to ask for; read again for every CONNECT. */
  readonly session: (protocolVersion: ProtocolVersion) => { clientIdentifier: string; cleanStart: boolean };
  /** Must give the connection its next owner before it returns. */
  readonly onAccepted: (connection: Connection, server: ServerInfo) => void;
}

export class Connector {
  readonly #needs: ConnectorOptions;
  readonly #spoken: SpokenVersions;
  #handshake: Handshake | undefined;
  #stopped: unknown;
  readonly #servers: ServerList;
  /** The server of the connection that was accepted last. */
  #accepted: Endpoint | undefined;

  constructor(needs: ConnectorOptions) {
    this.#needs = needs;
    this.#servers = new ServerList(needs.options.endpoints, needs.options.followServerReference);
    this.#spoken = new SpokenVersions(needs.options.protocolVersions);
  }

  /** One round through all servers, beginning with the one that worked last; resolves with the last failure, or undefined once accepted. */
  async round(): Promise<ConnectError | undefined> {
    let failure: ConnectError | undefined;
    this.#servers.beginRound();
    for (let endpoint = this.#servers.take(); endpoint !== undefined; endpoint = this.#servers.take()) {
      failure = await this.#tryEndpoint(endpoint);
      if (failure === undefined || this.#stopped !== undefined) return failure;
      this.#servers.failed(endpoint, failure);
    }
    return failure;
  }

  /** The accepted connection is gone; its server may have said where to go. */
  lost(cause: PetrelError): void {
    if (this.#accepted !== undefined) this.#servers.refer(this.#accepted, cause);
  }

  /** Ends the running round, and every later one at its beginning. */
  stop(cause: unknown): void {
    this.#stopped = cause;
    this.#handshake?.abort(cause);
  }

  async #tryEndpoint(endpoint: Endpoint): Promise<ConnectError | undefined> {
    const { name } = endpoint;
    try {
      const credentials = await resolveCredentials(this.#needs.options, endpoint);
      const failures: ConnectError[] = [];
      for (const version of this.#spoken.candidates(name)) {
        const failure = await this.#tryVersion(endpoint, version, credentials);
        if (failure === undefined) {
          this.#spoken.accepted(name, version, failures);
          return undefined;
        }
        failures.push(failure);
        if (this.#stopped !== undefined || !this.#spoken.suggestsOlder(name, version, failure)) break;
      }
      return failures.at(-1);
    } catch (error) {
      if (error instanceof ConnectError) return error;
      const code = error instanceof PetrelError ? 'PETREL_CONNECT_INVALID' : 'PETREL_CONNECT_UNREACHABLE';
      const why = error instanceof Error ? error.message : String(error);
      return new ConnectError(code, `${endpoint.name} cannot be connected to: ${why}`, { cause: error });
    }
  }

  #tryVersion(
    endpoint: Endpoint,
    protocolVersion: ProtocolVersion,
    credentials: Credentials,
  ): Promise<ConnectError | undefined> {
    const { options, defer, topicNames, onSend, onReceive, session, onAccepted } = this.#needs;
    if (this.#stopped !== undefined) {
      const message = `connecting to ${endpoint.name} was stopped`;
      return Promise.resolve(
        new ConnectError('PETREL_CONNECT_UNREACHABLE', message, { cause: this.#stopped }),
      );
    }
    const connect = connectPacket(options, protocolVersion, session(protocolVersion), credentials);
    return new Promise((resolve) => {
      this.#handshake = new Handshake({
        open: endpoint.open,
        protocolVersion,
        maximumPacketSize: options.maximumPacketSize,
        topicNames,
        clock: options.clock,
        defer,
        onSend,
        onReceive,
        connect,
        exchange: credentials.exchange,
        timeoutMs: options.connectTimeoutMs,
        name: endpoint.name,
        onAccepted: (connection: Connection, connack: ConnackPacket) => {
          this.#handshake = undefined;
          this.#accepted = endpoint;
          const asked = {
            ...options,
            url: endpoint.name,
            protocolVersion,
            clientIdentifier: connect.clientIdentifier,
          };
          resolve(undefined);
          onAccepted(connection, serverInfo(connack, asked));
        },
        onFailed: (error) => {
          this.#handshake = undefined;
          resolve(error);
        },
      });
    });
  }
}
