/**
 * The subscriptions of a service: which to make for which handlers, so that every message reaches each handler once.
 * Runs no handler and reads no message.
 */
import type { QoS } from '@petrel/protocol';
import type { InboundMessage, Link, LinkSubscription, MessageReceipt, SubscribeOptions } from './link.js';
import { isWithin } from './topic-cover.js';

/** A subscription at the server, and the members that its messages are for. */
export interface Intake<Member> {
  readonly topicFilter: string;
  readonly members: Set<Member>;
  options: SubscribeOptions & { readonly qos: QoS };
  /** The SUBSCRIBE is on its way: what it asks for can only be raised by another one. */
  isSent: boolean;
  /** All of them must be granted, and all of them end together. */
  readonly grants: Promise<LinkSubscription>[];
}

/** Takes a message of a subscription; a promise holds back its acknowledgement. */
export type Receive<Member> = (
  intake: Intake<Member>,
  message: InboundMessage,
  receipt: MessageReceipt,
) => Promise<void> | void;

export class Intakes<Member> {
  readonly #link: Link;
  readonly #receive: Receive<Member>;
  readonly #intakes = new Map<string, Intake<Member>>();

  constructor(link: Link, receive: Receive<Member>) {
    this.#link = link;
    this.#receive = receive;
  }

  /** Brings a member the messages of a Topic Filter; rejects when the server refuses, and then brings none. */
  async add(topicFilter: string, options: SubscribeOptions, member: Member): Promise<void> {
    const intake = this.#intakeFor(topicFilter, { ...options, qos: options.qos ?? 0 });
    intake.members.add(member);
    try {
      await Promise.all(intake.grants);
    } catch (refusal) {
      await this.remove(member);
      throw refusal;
    }
    await this.#absorb(intake);
  }

  /** Ends the subscription of a member, unless another one needs it. */
  async remove(member: Member): Promise<void> {
    for (const intake of [...this.#intakes.values()]) {
      if (!intake.members.delete(member) || intake.members.size > 0) continue;
      this.#intakes.delete(intake.topicFilter);
      await unsubscribe(intake);
    }
  }

  /** Ends all subscriptions at the server, if it can be told; who was served stays known. */
  async unsubscribe(): Promise<void> {
    if (this.#link.isConnected) await Promise.all([...this.#intakes.values()].map(unsubscribe));
  }

  #intakeFor(topicFilter: string, options: Intake<Member>['options']): Intake<Member> {
    const intake = this.#intakes.get(topicFilter) ?? this.#coverOf(topicFilter);
    if (intake === undefined) return this.#open(topicFilter, options);
    this.#raise(intake, options.qos);
    return intake;
  }

  /**
   * Without Subscription Identifiers nothing tells a server's second copy for an overlapping subscription from a
   * second message [MQTT-3.3.5-1]: there, a filter within another one lives on that one's messages.
   */
  #coverOf(topicFilter: string): Intake<Member> | undefined {
    if (this.#link.separatesSubscriptions) return undefined;
    for (const intake of this.#intakes.values()) if (isWithin(topicFilter, intake.topicFilter)) return intake;
    return undefined;
  }

  #open(topicFilter: string, options: Intake<Member>['options']): Intake<Member> {
    const intake: Intake<Member> = { topicFilter, members: new Set(), options, isSent: false, grants: [] };
    this.#intakes.set(topicFilter, intake);
    // In the next microtask, so that handlers registered together make one SUBSCRIBE with the highest QoS of them.
    const granted = Promise.resolve().then(() => {
      intake.isSent = true;
      return this.#link.subscribe(topicFilter, intake.options, (message, receipt) =>
        this.#receive(intake, message, receipt),
      );
    });
    intake.grants.push(granted);
    return intake;
  }

  #raise(intake: Intake<Member>, qos: QoS): void {
    if (qos <= intake.options.qos) return;
    intake.options = { ...intake.options, qos };
    if (!intake.isSent) return;
    // The client asks for the highest QoS of all its subscriptions to a filter. This one only raises it: its messages
    // come to the first one too. Retained messages have been sent already.
    const raised = { ...intake.options, retainHandling: 1 as const };
    intake.grants.push(this.#link.subscribe(intake.topicFilter, raised, ignore));
  }

  /** Moves what a new, wider subscription brings too over to it. */
  async #absorb(wider: Intake<Member>): Promise<void> {
    if (this.#link.separatesSubscriptions) return;
    for (const intake of [...this.#intakes.values()]) {
      if (intake === wider || !isWithin(intake.topicFilter, wider.topicFilter)) continue;
      this.#intakes.delete(intake.topicFilter);
      this.#raise(wider, intake.options.qos);
      for (const member of intake.members) wider.members.add(member);
      intake.members.clear();
      await Promise.all([unsubscribe(intake), ...wider.grants]);
    }
  }
}

/** Never rejects: what could not be unsubscribed ends with the session, and nobody serves it here. */
async function unsubscribe({ grants }: Intake<unknown>): Promise<void> {
  await Promise.allSettled(grants.map(async (granted) => (await granted).unsubscribe()));
}

function ignore(): void {}
