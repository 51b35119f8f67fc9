/** Carries messages between two MQTT servers. */
export { Bridge, checkBridgeOptions, createBridge } from './bridge.js';
export { BridgeError, bridgeErrorCodes } from './errors.js';
export { hopProperty } from './hops.js';
export type {
  BridgeEndOptions,
  BridgeEvent,
  BridgeOptions,
  BridgeTopic,
  Direction,
  DropReason,
  LaneCounters,
  Side,
} from './options.js';
