/** An MQTT 5, 3.1.1 and 3.1 broker to embed, or to run as a server. */
export { AccessPolicy } from './access/access-policy.js';
export type { AccessAction, AccessExplanation, AccessOptions, AccessRule } from './access/access-rules.js';
export type { AccessView } from './access/access-view.js';
export { type AccessQuestion, explainAccess } from './access/explain-access.js';
export {
  type AuthenticationChain,
  type AuthenticationChainOptions,
  type Authenticator,
  authenticationChain,
} from './authentication/authentication-chain.js';
export type {
  AuthenticationChallenge,
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
  AuthenticationSuccess,
} from './authentication/authentication-method.js';
export {
  type CertificateAuthenticatorOptions,
  certificateAuthenticator,
} from './authentication/certificate-authenticator.js';
export { passwordAuthenticator } from './authentication/password-authenticator.js';
export { hashPassword } from './authentication/password-hash.js';
export {
  assertUserName,
  type PasswordEntry,
  type PasswordTable,
  parsePasswordTable,
  withUser,
  writeScram,
} from './authentication/password-table.js';
export { deriveScramCredentials, type ScramCredentials } from './authentication/scram-credentials.js';
export { type ScramSha256Options, scramSha256 } from './authentication/scram-sha-256.js';
export {
  readKeySet,
  type TokenAuthenticatorOptions,
  tokenAuthenticator,
} from './authentication/token-authenticator.js';
export {
  type WebhookAuthenticatorOptions,
  webhookAuthenticator,
} from './authentication/webhook-authenticator.js';
export {
  type Broker,
  type BrokerAddress,
  createBroker,
} from './broker.js';
export { type Clock, systemClock } from './clock.js';
export {
  AccessError,
  AuthenticatorError,
  BrokerClosedError,
  brokerErrorCodes,
  ConnectionError,
  type ConnectionErrorCode,
  DataFolderError,
  type DataFolderErrorCode,
  HookError,
  ListenError,
  StoreError,
} from './errors.js';
export type { DeliveryExplanation, DeliveryOutlook } from './explain-delivery.js';
export type {
  AuthenticationRequest,
  Authorization,
  BrokerHooks,
  BrokerObserver,
  Client,
  DisconnectedEvent,
  MessageChange,
  MessageCopy,
  Principal,
  PublishedMessage,
  PublishRequest,
  Refusal,
  RefusedEvent,
  SubscribeRequest,
  Verdict,
} from './hooks.js';
export type {
  RetainedInfo,
  RetainedPage,
  RetainedQuery,
  SessionDetail,
  SessionInfo,
  SubscriptionInfo,
} from './inspection.js';
export type { ListenerOptions } from './listeners/listener-options.js';
export { isLoopback } from './listeners/loopback.js';
export { type Logger, silentLogger } from './logger.js';
export type { MetricsSnapshot } from './metrics.js';
export { describeLimits, type OptionDescription, type OptionRule } from './option-description.js';
export type { BrokerOptions, LimitOptions } from './options.js';
export type { OverflowPolicy } from './outbound-queue.js';
export type { BrokerMessage, BrokerPublishResult } from './publish-own.js';
export type { UnreadyReason } from './readiness.js';
export { checkBrokerOptions } from './resolve-options.js';
export { DiskStore, type DiskStoreOptions } from './stores/disk/disk-store.js';
export {
  copyDataFolder,
  type DataFolderSummary,
  type FolderToolOptions,
  inspectDataFolder,
  verifyDataFolder,
} from './stores/disk/folder-tools.js';
export type { Durability } from './stores/disk/manifest.js';
export type { StoreFile, StoreFiles } from './stores/disk/store-files.js';
export { MemoryStore } from './stores/memory-store.js';
export type {
  QueueReader,
  RestoredSession,
  RestoredState,
  RetainedReader,
  Store,
  StoredDelivery,
  StoredMessage,
  StoredQueue,
  StoredRetained,
  StoredSession,
  StoredSubscription,
  StoredWill,
} from './stores/store.js';
export type { TransportKind } from './transport.js';
export type { Undelivered, UndeliveredReason } from './undelivered.js';
export type { BrokerUpdate } from './update-broker.js';
