/** Handlers, requests and delivery policy over any MQTT broker. */

export type { AnswerObserver } from './answer-collector.js';
export {
  type AsyncApiDocument,
  type AsyncApiOptions,
  type AsyncApiServer,
  asyncApiDocument,
} from './asyncapi/asyncapi-document.js';
export type { OnConnectionLost, Outcome } from './call.js';
export { clientLink } from './client-link.js';
export type { PayloadCodec } from './content-types.js';
export { checkData, type DataPlace } from './contracts/check-data.js';
export {
  Contract,
  type DeclaredOperation,
  defineContract,
  type EventOperation,
  event,
  type Operation,
  type OperationNotes,
  type Operations,
  type PatternsOf,
  type RequestOperation,
  request,
  type StreamOperation,
  stream,
} from './contracts/contract.js';
export { contractEndpoint } from './contracts/contract-endpoint.js';
export { ContractError, type ContractPart } from './contracts/contract-error.js';
export {
  type CallOptions,
  ContractedService,
  contracted,
  type GivenAnswer,
  type HandlerResult,
  type ReceivedData,
  type SentData,
  type TakenAnswer,
} from './contracts/contracted-service.js';
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from './contracts/standard-schema.js';
export { createService } from './create-service.js';
export {
  type Deduplicate,
  HandledInMemory,
  type HandledMessages,
} from './deduplication.js';
export {
  type DeliveryPolicy,
  type OnFailure,
  type ResolvedDeliveryPolicy,
  resolveDeliveryPolicy,
} from './delivery-policy.js';
export type { Report } from './delivery-runner.js';
export { type Dialect, petrelDialect } from './dialect.js';
export type { DiscoveryVerb, ServiceIdentity, ServiceInfo, ServiceStats } from './discovery.js';
export {
  type Delivery,
  describeEndpoint,
  type Endpoint,
  type HandlerDefaults,
  type HandlerOptions,
  handlerOptionNames,
  type Registration,
} from './endpoint.js';
export {
  describeFailure,
  HandlerTimeoutError,
  NoResponderError,
  PayloadError,
  RemoteError,
  RequestCancelledError,
  RequestError,
  RequestLostError,
  RequestTimeoutError,
  ServiceError,
  serviceErrorCodes,
} from './errors.js';
export type {
  Envelope,
  Incoming,
  IncomingReply,
  Outgoing,
  Reply,
  ReplyAddress,
  RequestForm,
  WireMessage,
} from './exchange.js';
export { firstConnection } from './first-connection.js';
export {
  type EventHandler,
  type HandlerContext,
  mostWaitingReplies,
  Outbound,
  overrun,
  type RequestHandler,
  type Respond,
  respondWith,
} from './handler.js';
export type {
  InboundMessage,
  Link,
  LinkSubscription,
  LinkWatcher,
  MessageReceipt,
  MessageTaker,
  PublishOptions,
  SubscribeOptions,
} from './link.js';
export { durationBounds, type Histogram } from './metrics/histogram.js';
export { prometheusContentType, prometheusText } from './metrics/prometheus-text.js';
export {
  type HandlerCounts,
  type MetricsOptions,
  type SentCounts,
  ServiceMetrics,
} from './metrics/service-metrics.js';
export type { Handling, Happening, Observation, Observer } from './observer.js';
export {
  resolveServiceSettings,
  type ServiceOptions,
  type ServiceSettings,
  serviceSettingNames,
  splitServiceOptions,
  withReceiveMaximum,
} from './options.js';
export { decodePayload, type EncodedPayload, encodePayload, type PayloadForm } from './payload-codec.js';
export type { RetryPolicy } from './retry-policy.js';
export type { EventOptions, Reading, RequestOptions, ScatterOptions, StreamOptions } from './send-options.js';
export { Service } from './service.js';
export {
  escapeTopicLevel,
  type ParameterNames,
  type TopicParameters,
  type TopicParameterValues,
  TopicPattern,
} from './topic-pattern.js';
