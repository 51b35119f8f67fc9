/** The values that limits may have, and those that they have when nobody says anything. */
import type { OptionReader } from './option-reader.js';
import type { ResolvedLimits } from './options.js';

const overflowPolicies = ['drop-oldest', 'drop-newest', 'refuse', 'disconnect'] as const;
const largestPacketBytes = 268_435_460;
const uint16 = { minimum: 0, maximum: 0xffff };
const seconds16 = { ...uint16, unit: 'seconds' };
const count = { minimum: 0, maximum: 0xffffffff };
const atLeastOne = { minimum: 1, maximum: 0xffffffff };
const bytes = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER, unit: 'bytes' };
const milliseconds = { ...count, unit: 'milliseconds' };

/** Completes the limits; throws UsageError. A data folder holds larger queues than memory. */
export function resolveLimits(reader: OptionReader, hasDataFolder: boolean): ResolvedLimits {
  const packetBytes = (minimum: number) => ({ minimum, maximum: largestPacketBytes, unit: 'bytes' });
  const limits: ResolvedLimits = {
    maximumPacketSizeBytes: reader.integer('maximumPacketSizeBytes', packetBytes(256), 2_097_152),
    maximumPacketSizeBeforeConnectBytes: reader.integer(
      'maximumPacketSizeBeforeConnectBytes',
      packetBytes(128),
      65_536,
    ),
    receiveMaximum: reader.integer('receiveMaximum', { ...uint16, minimum: 1 }, 1_024),
    topicAliasMaximum: reader.integer('topicAliasMaximum', uint16, 64),
    maximumQoS: reader.oneOf('maximumQoS', [0, 1, 2] as const, 2),
    retainAvailable: reader.boolean('retainAvailable', true),
    wildcardSubscriptionAvailable: reader.boolean('wildcardSubscriptionAvailable', true),
    sharedSubscriptionAvailable: reader.boolean('sharedSubscriptionAvailable', true),
    subscriptionIdentifiersAvailable: reader.boolean('subscriptionIdentifiersAvailable', true),
    serverKeepAlive: reader.optional('serverKeepAlive', (name) => reader.integer(name, seconds16)),
    maximumKeepAlive: reader.integer('maximumKeepAlive', seconds16, 0),
    maximumSessionExpiryInterval: reader.integer(
      'maximumSessionExpiryInterval',
      { ...count, unit: 'seconds' },
      604_800,
    ),
    connectTimeoutMs: reader.integer(
      'connectTimeoutMs',
      { minimum: 1, maximum: 0x7fffffff, unit: 'milliseconds' },
      10_000,
    ),
    maximumAuthenticationRounds: reader.integer('maximumAuthenticationRounds', { ...uint16, minimum: 1 }, 10),
    maximumConnections: reader.integer('maximumConnections', atLeastOne, 10_000),
    maximumPendingConnections: reader.integer('maximumPendingConnections', atLeastOne, 1_000),
    maximumConnectionsPerAddress: reader.integer('maximumConnectionsPerAddress', count, 0),
    maximumConnectionsPerPrincipal: reader.integer('maximumConnectionsPerPrincipal', count, 0),
    connectionsPerSecond: reader.integer('connectionsPerSecond', count, 0),
    connectionsPerSecondPerAddress: reader.integer('connectionsPerSecondPerAddress', count, 0),
    publishMessagesPerSecond: reader.integer('publishMessagesPerSecond', count, 0),
    bytesPerSecond: reader.integer('bytesPerSecond', bytes, 0),
    admissionLagMs: reader.integer('admissionLagMs', milliseconds, 250),
    sheddingLagMs: reader.integer('sheddingLagMs', milliseconds, 1_000),
    maximumSessions: reader.integer('maximumSessions', atLeastOne, 100_000),
    maximumSubscriptionsPerSession: reader.integer('maximumSubscriptionsPerSession', count, 10_000),
    maximumTopicBytes: reader.integer(
      'maximumTopicBytes',
      { minimum: 1, maximum: 65_535, unit: 'bytes' },
      65_535,
    ),
    maximumTopicLevels: reader.integer('maximumTopicLevels', { minimum: 1, maximum: 65_536 }, 128),
    maximumUserProperties: reader.integer('maximumUserProperties', count, 64),
    sessionQueue: resolveSessionQueue(reader.nested('sessionQueue'), hasDataFolder),
    retained: resolveRetained(reader.nested('retained'), hasDataFolder),
    dataFolder: resolveDataFolder(reader.nested('dataFolder')),
    outboundHighWaterMarkBytes: reader.integer(
      'outboundHighWaterMarkBytes',
      { minimum: 16_384, maximum: 1_073_741_824, unit: 'bytes' },
      1_048_576,
    ),
    slowReceiverGraceMs: reader.integer('slowReceiverGraceMs', milliseconds, 500),
    maximumOutboundBytes: reader.integer('maximumOutboundBytes', bytes, 268_435_456),
    maximumUnfinishedBytes: reader.integer('maximumUnfinishedBytes', bytes, 67_108_864),
    maximumInFlightBytes: reader.integer('maximumInFlightBytes', bytes, 16_777_216),
    maximumMemoryBytes: reader.integer('maximumMemoryBytes', bytes, 1_073_741_824),
  };
  reader.end();
  return Object.freeze(limits);
}

function resolveSessionQueue(reader: OptionReader, hasDataFolder: boolean): ResolvedLimits['sessionQueue'] {
  const sessionQueue: ResolvedLimits['sessionQueue'] = {
    maximumMessages: reader.integer('maximumMessages', count, hasDataFolder ? 1_000_000 : 10_000),
    maximumBytes: reader.integer('maximumBytes', bytes, hasDataFolder ? 1_073_741_824 : 16_777_216),
    maximumAgeMs: reader.integer('maximumAgeMs', { ...count, unit: 'milliseconds' }, 0),
    overflow: reader.oneOf('overflow', overflowPolicies, 'drop-oldest'),
  };
  reader.end();
  return Object.freeze(sessionQueue);
}

function resolveDataFolder(reader: OptionReader): ResolvedLimits['dataFolder'] {
  const dataFolder: ResolvedLimits['dataFolder'] = {
    maximumMessages: reader.integer('maximumMessages', count, 10_000_000),
    maximumBytes: reader.integer('maximumBytes', bytes, 17_179_869_184),
    minimumFreeBytes: reader.integer('minimumFreeBytes', bytes, 268_435_456),
  };
  reader.end();
  return Object.freeze(dataFolder);
}

function resolveRetained(reader: OptionReader, hasDataFolder: boolean): ResolvedLimits['retained'] {
  const retained: ResolvedLimits['retained'] = {
    maximumMessages: reader.integer('maximumMessages', count, 1_000_000),
    maximumBytes: reader.integer('maximumBytes', bytes, hasDataFolder ? 1_073_741_824 : 268_435_456),
  };
  reader.end();
  return Object.freeze(retained);
}
