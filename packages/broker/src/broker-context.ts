/** The parts of one broker, wired together once: what connections, sessions and handlers find each other through. */
import { AccessControl } from './access-control.js';
import { Door } from './bounds/door.js';
import { LoadLevel } from './bounds/load-level.js';
import { levelBytes, MemoryBudget } from './bounds/memory-budget.js';
import { OutboundTotal } from './bounds/outbound-total.js';
import { Patience } from './bounds/patience.js';
import { PrincipalCount } from './bounds/principal-count.js';
import { type PacketSender, UnfinishedPackets } from './bounds/unfinished-packets.js';
import type { Clock } from './clock.js';
import type { Connection } from './connection.js';
import { FlushQueue } from './flush-queue.js';
import { Hooks } from './hook-runner.js';
import type { Logger } from './logger.js';
import type { Message } from './message.js';
import { type Gauges, Metrics } from './metrics.js';
import type { ResolvedBrokerOptions } from './options.js';
import { type RetainedKeeper, RetainedMessages } from './retained-messages.js';
import { Revalidation } from './revalidation.js';
import { Router } from './router.js';
import { SessionRegistry } from './session-registry.js';
import { openStore } from './stores/open-store.js';
import type { Store } from './stores/store.js';
import { TimerQueue } from './timer-queue.js';
import { TopicCache } from './topic-cache.js';
import { UndeliveredLog, UndeliveredTotal } from './undelivered.js';
import { WillMessages } from './will-messages.js';

/** One object per broker. */
export class BrokerContext {
  /** Replaced as a whole by broker.update(). */
  options: ResolvedBrokerOptions;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly hooks: Hooks;
  readonly accessControl: AccessControl;
  readonly topics: TopicCache;
  readonly router = new Router();
  readonly retainedMessages: RetainedMessages<Message>;
  readonly sessions: SessionRegistry;
  readonly willMessages: WillMessages;
  readonly flushQueue = new FlushQueue();
  readonly load: LoadLevel;
  readonly door: Door;
  readonly memory: MemoryBudget;
  readonly patience: Patience;
  readonly undelivered: UndeliveredTotal;
  readonly outbound: OutboundTotal;
  readonly unfinished: UnfinishedPackets<PacketSender>;
  readonly principals = new PrincipalCount();
  /** What was shed before anybody looked who would have got it. */
  readonly shed = new UndeliveredLog(undefined, 256);
  readonly revalidation: Revalidation;
  /** All open connections, those without CONNECT included. */
  readonly connections = new Set<Connection>();

  constructor(options: ResolvedBrokerOptions) {
    const { limits, clock, logger, hooks, observers } = options;
    this.options = options;
    this.clock = clock;
    this.timers = new TimerQueue(clock);
    this.logger = logger;
    this.metrics = new Metrics(clock.now());
    this.store = openStore(options);
    this.hooks = new Hooks(hooks, observers, logger);
    this.accessControl = new AccessControl(this.hooks, options.access);
    this.topics = new TopicCache(limits.maximumTopicLevels, limits.maximumTopicBytes);
    this.retainedMessages = new RetainedMessages<Message>(limits.retained, keeperOf(this.store));
    this.sessions = new SessionRegistry(this);
    this.willMessages = new WillMessages(this);
    this.load = new LoadLevel(limits);
    this.revalidation = new Revalidation(this);
    this.door = new Door(this, this.load);
    this.memory = new MemoryBudget(limits.maximumMemoryBytes, () => {
      return this.retainedMessages.bytesHere + levelBytes * this.retainedMessages.levels;
    });
    this.patience = new Patience(limits.slowReceiverGraceMs, clock.now());
    this.undelivered = new UndeliveredTotal(this.memory, limits.maximumMemoryBytes);
    this.outbound = new OutboundTotal(limits.maximumOutboundBytes, limits.outboundHighWaterMarkBytes);
    this.unfinished = new UnfinishedPackets(limits.maximumUnfinishedBytes);
  }

  /** How things are now; looks at every session. */
  gauges(): Gauges {
    let queuedMessages = 0;
    let queuedBytes = 0;
    for (const { deliveries } of this.sessions.values()) {
      queuedMessages += deliveries.queued;
      queuedBytes += deliveries.queuedBytes;
    }
    return {
      sessions: this.sessions.size,
      subscriptions: this.router.size,
      sharedGroups: this.router.groups,
      retainedMessages: this.retainedMessages.count,
      retainedBytes: this.retainedMessages.bytes,
      queuedMessages,
      queuedBytes,
      storeRefusal: this.store.refusal ?? 0,
      connectionsWaiting: this.door.waiting,
      memoryBytes: this.memory.bytes,
      outboundBytes: this.outbound.bytes,
      unfinishedBytes: this.unfinished.bytes,
      eventLoopLagMs: this.load.lagMs,
      shedding: this.load.isShedding ? 1 : 0,
    };
  }
}

/** The store as retained messages see it. */
function keeperOf(store: Store): RetainedKeeper<Message> {
  return {
    keep: (message, replaces) => {
      store.putRetained(message, replaces);
      return store.retainedReader === undefined ? 0 : message.storeNumber;
    },
    forget: (topicName, number) => store.deleteRetained(topicName, number),
  };
}
