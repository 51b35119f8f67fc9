/** What both entries of the package export besides connect and createClient. */
export type { AuthenticationExchange, AuthenticationMethod } from './authentication/authentication-method.js';
export { type ScramSha256Options, scramSha256 } from './authentication/scram-sha-256.js';
export { Client } from './client.js';
export type { ClientEvents, ClientStatus } from './client-events.js';
export { type Clock, systemClock } from './clock.js';
export {
  ConnectError,
  ConnectionError,
  clientErrorCodes,
  DeliveryError,
  SessionStoreError,
} from './errors.js';
export type { Listener } from './event-emitter.js';
export type { MessageHandler } from './handler-runner.js';
export { Message } from './message.js';
export type {
  ClientOptions,
  OfflineQueueOptions,
  ReconnectOptions,
  ValueOrFunction,
  WillOptions,
} from './options.js';
export type { PublishOptions, PublishResult } from './outbound-message.js';
export type { Delivery } from './receipt.js';
export type { ServerInfo } from './server-info.js';
export type { SessionStore, StoredMessage, StoredSession } from './session-store.js';
export { MemorySessionStore } from './stores/memory-session-store.js';
export type { SubscribeOptions } from './subscribe-options.js';
export type { Subscription } from './subscription.js';
export type { ByteStream, TlsOptions, WebSocketOptions } from './transport.js';
