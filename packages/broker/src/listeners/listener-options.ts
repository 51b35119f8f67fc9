/** The options of a listener, as the program gives them and as the listener gets them. */
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressList } from '../access/address-list.js';

/** A key or certificate in PEM, or several. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/** The same as Node takes it. */
export type ResolvedPem = (string | Buffer)[];

/** Where a listener on a port listens. */
export interface PortOptions {
  /** 0–65535; 0 = any free one. */
  readonly port: number;
  /** Address or name. Default '127.0.0.1'; anything but a loopback address needs hooks.authenticate or allowAnonymous. */
  readonly host?: string | undefined;
  /**
   * Addresses and networks of proxies in front of the listener, such as ['10.0.0.5'], which then must speak the PROXY protocol, version 1 or 2:
   * clients have the address that it tells. Anybody else is cut off. Default: none, and such a header is no MQTT.
   */
  readonly proxies?: readonly string[] | undefined;
}

/** A certificate for server names of its own. */
export interface ServerCertificate {
  /** Names that clients ask for, such as 'mqtt.example.com' or '*.example.com'. */
  readonly serverNames: readonly string[];
  /** Private key in PEM. */
  readonly key: Pem;
  /** Certificate chain in PEM. */
  readonly cert: Pem;
  readonly passphrase?: string | undefined;
}

/** The server's certificate, and what it asks of its clients. */
export interface TlsOptions {
  /** Private key in PEM. */
  readonly key: Pem;
  /** Certificate chain in PEM. */
  readonly cert: Pem;
  readonly passphrase?: string | undefined;
  /** Authorities for client certificates in PEM. Default: those that Node trusts. */
  readonly ca?: Pem | undefined;
  /** Demands a client certificate signed by `ca`, which hooks then see. Default false. */
  readonly requestCert?: boolean | undefined;
  /** Revocation lists in PEM, of every authority in `ca`: client certificates in them are refused. Default: none. */
  readonly crl?: Pem | undefined;
  /** Other certificates, by the name that a client asks for (SNI). Default: none. */
  readonly certificates?: readonly ServerCertificate[] | undefined;
  /** Default 'TLSv1.2'. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
}

/** MQTT over TCP. */
export interface TcpListenerOptions extends PortOptions {
  readonly type: 'tcp';
}

/** MQTT over TLS. */
export interface TlsListenerOptions extends PortOptions, TlsOptions {
  readonly type: 'tls';
}

/** MQTT over a Unix domain socket. */
export interface UnixListenerOptions {
  readonly type: 'unix';
  /** The socket file; made by the listener, with the permissions that the process gives to new files. */
  readonly path: string;
}

/** MQTT over WebSocket, and over TLS (wss) where `key` and `cert` are given. */
export interface WebSocketListenerOptions extends Partial<PortOptions>, Partial<TlsOptions> {
  readonly type: 'websocket';
  /** A server that the program itself listens with and closes, in place of `port`, `host`, `key` and `cert`. */
  readonly server?: HttpServer | HttpsServer | undefined;
  /** The path of the URL, such as '/mqtt'. Default: any. */
  readonly path?: string | undefined;
  /**
   * Origins whose pages may connect, such as ['https://app.example.com']; '*' = all. Default: pages of this machine
   * and, unless the listener is a local one, pages of the same host. Programs that are no browsers send no origin.
   */
  readonly origins?: readonly string[] | undefined;
}

/** Any listener. */
export type ListenerOptions =
  | TcpListenerOptions
  | TlsListenerOptions
  | UnixListenerOptions
  | WebSocketListenerOptions;

/** A certificate for server names, in the form that Node takes. */
export interface ResolvedServerCertificate {
  readonly serverNames: readonly string[];
  readonly key: ResolvedPem;
  readonly cert: ResolvedPem;
  readonly passphrase?: string;
}

/** TLS options in the form that Node takes. */
export interface ResolvedTls {
  readonly key: ResolvedPem;
  readonly cert: ResolvedPem;
  readonly passphrase?: string;
  readonly ca?: ResolvedPem;
  readonly crl?: ResolvedPem;
  readonly certificates: readonly ResolvedServerCertificate[];
  readonly requestCert: boolean;
  /** Always: a client certificate that cannot be verified ends the handshake. */
  readonly rejectUnauthorized: true;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

interface ResolvedPort {
  readonly host: string;
  readonly port: number;
  /** Must not reach beyond this machine: nobody is authenticated. */
  readonly loopbackOnly: boolean;
  readonly proxies: AddressList | undefined;
}

/** MQTT over TCP, checked and completed. */
export interface ResolvedTcpListener extends ResolvedPort {
  readonly type: 'tcp';
}

/** MQTT over TLS, checked and completed. */
export interface ResolvedTlsListener extends ResolvedPort {
  readonly type: 'tls';
  readonly tls: ResolvedTls;
}

/** MQTT over a Unix domain socket, checked and completed. */
export interface ResolvedUnixListener {
  readonly type: 'unix';
  readonly path: string;
}

/** MQTT over WebSocket, checked and completed. */
export interface ResolvedWebSocketListener extends ResolvedPort {
  readonly type: 'websocket';
  readonly server: HttpServer | HttpsServer | undefined;
  readonly tls: ResolvedTls | undefined;
  readonly path: string | undefined;
  readonly origins: readonly string[] | undefined;
}

/** Any listener, checked and complete. */
export type ResolvedListener =
  | ResolvedTcpListener
  | ResolvedTlsListener
  | ResolvedUnixListener
  | ResolvedWebSocketListener;
