/** NestJS transport over MQTT. */
export type { ConnectionHealth } from './connection.js';
export { ContractClient, type ContractSendOptions, contractClient } from './contract-client.js';
export { ContractHandler, type ContractMethodDecorator, type ControllerResult } from './contract-handler.js';
export { Topic, TopicParam, UserProperty } from './decorators.js';
export type { MqttEvents, MqttStatus } from './events.js';
export { MqttClient } from './mqtt-client.js';
export { MqttContext, type MqttPacket } from './mqtt-context.js';
export { type HasHealth, MqttHealthIndicator, type MqttHealthResult } from './mqtt-health-indicator.js';
export { MqttRequestRecord, type RequestWishes } from './mqtt-record.js';
export { MqttServer } from './mqtt-server.js';
export type { NestSettings, PetrelMqttOptions, StockSubscribeOptions } from './options.js';
export type { HandlerExtras } from './pattern.js';
export { type PetrelClientAsyncOptions, type PetrelClientOptions, PetrelModule } from './petrel.module.js';
