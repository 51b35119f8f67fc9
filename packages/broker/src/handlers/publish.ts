/** PUBLISH (section 3.3): the path of a message, step by step as the map of the house draws it. */
import { ProtocolError, reasonCode } from '@petrel/protocol';
import { type Accepted, acceptMessage, NotOwned } from '../accept-message.js';
import type { CountedTopicAliases } from '../bounds/counted-topic-aliases.js';
import type { MemoryBudget } from '../bounds/memory-budget.js';
import type { Connection } from '../connection.js';
import { createMessage } from '../create-message.js';
import { ConnectionError, memoryIsSpent } from '../errors.js';
import { isPending } from '../hook-runner.js';
import type { Client, Refusal } from '../hooks.js';
import type { PublishFrame } from '../publish-frame.js';
import type { Session } from '../session.js';
import type { Topic } from '../topic-cache.js';
import { assertUserPropertyCount } from './user-properties.js';

const pubackByte = 0x40;
const pubrecByte = 0x50;

/** What every client may keep here, however little memory is left. */
const fairAliasBytes = 8_192;
const fairExchanges = 32;

/** Handles a PUBLISH; a promise only where a hook gave one. */
export function handlePublish(connection: Connection): Promise<void> | undefined {
  const { context, publishFrame: frame } = connection;
  frame.read(connection.reader, context.topics);
  context.metrics.messagesReceived += 1;
  connection.throttle?.messageCame();
  assertUserPropertyCount(connection, frame.userPropertyCount);
  const topic = resolveAlias(connection, frame);
  assertPublishAllowed(connection, frame);
  if (frame.qos > 0 && beginInbound(connection, frame)) return;
  if (frame.qos === 2 && isMemorySpent(connection))
    return publishAuthorized(
      connection,
      frame,
      new NotOwned(reasonCode.quotaExceeded, memoryIsSpent().message),
    );
  if (frame.qos === 0 && context.load.isShedding) {
    context.metrics.messagesShed += 1;
    context.shed.note(topic.topicName, 'shed', context.clock);
    return;
  }
  const refusal = context.accessControl.authorizePublish(
    connection.client as Client,
    topic.topicName,
    frame.qos,
    frame.retain,
  );
  if (isPending(refusal)) return refusal.then((answer) => publishAuthorized(connection, frame, answer));
  return publishAuthorized(connection, frame, refusal);
}

function publishAuthorized(
  connection: Connection,
  frame: PublishFrame,
  refusal: Refusal | undefined,
): Promise<void> | undefined {
  const { context } = connection;
  const { written } = context.store;
  if (refusal !== undefined) {
    acknowledge(connection, frame, refusal, written);
    return;
  }
  const client = connection.client as Client;
  const message = createMessage(frame, client.clientIdentifier, context.clock);
  const accepted = acceptMessage(context, message, client, connection);
  if (isPending(accepted)) {
    return accepted.then((settled) => acknowledge(connection, frame, settled, written));
  }
  acknowledge(connection, frame, accepted, written);
  return;
}

/** One true topic first: nothing behind this line knows of aliases. */
function resolveAlias({ inboundAliases, context }: Connection, frame: PublishFrame): Topic {
  const { topic, properties } = frame;
  if (properties.topicAlias === undefined) return topic as Topic;
  if (inboundAliases === undefined) {
    throw new ProtocolError(
      `Topic Alias ${properties.topicAlias} without a Topic Alias Maximum [MQTT-3.3.2-9]`,
      {
        reasonCode: reasonCode.topicAliasInvalid,
      },
    );
  }
  const topicName = resolve(inboundAliases, topic?.topicName ?? '', properties.topicAlias, context.memory);
  if (topic?.topicName === topicName) return topic;
  const resolved = context.topics.findName(topicName);
  frame.topic = resolved;
  return resolved;
}

function resolve(
  aliases: CountedTopicAliases,
  topicName: string,
  topicAlias: number,
  memory: MemoryBudget,
): string {
  const before = aliases.bytes;
  const resolved = aliases.resolve(topicName, topicAlias);
  memory.take(aliases.bytes - before);
  if (aliases.bytes > fairAliasBytes && aliases.bytes > before && memory.isSpent) throw memoryIsSpent();
  return resolved;
}

/** What CONNACK did not offer is not taken. */
function assertPublishAllowed({ context }: Connection, { qos, retain }: PublishFrame): void {
  const { maximumQoS, retainAvailable } = context.options.limits;
  if (qos > maximumQoS) {
    throw new ProtocolError(`PUBLISH has QoS ${qos}, the Maximum QoS is ${maximumQoS} [MQTT-3.2.2-11]`, {
      reasonCode: reasonCode.qosNotSupported,
    });
  }
  if (retain && !retainAvailable) {
    throw new ProtocolError('PUBLISH has RETAIN, which is not available [MQTT-3.2.2-14]', {
      reasonCode: reasonCode.retainNotSupported,
    });
  }
}

/** Counts the exchange; true when the message was taken before and the packet is answered. */
function beginInbound(connection: Connection, { packetIdentifier, qos }: PublishFrame): boolean {
  const session = connection.session as Session;
  if (session.inbound.begin(packetIdentifier, qos as 1 | 2) === 'new') return false;
  // What was written for the first one may be on its way still, so it is waited for.
  answer(connection, pubrecByte, packetIdentifier, reasonCode.success, undefined, -1); // [MQTT-4.3.3-10]
  return true;
}

/** A client with a few exchanges goes on; one that never releases them does not when there is no memory left (CVE-2023-28366). */
function isMemorySpent({ session, context }: Connection): boolean {
  (session as Session).countUnreleased(1);
  return (session as Session).unreleased > fairExchanges && context.memory.isSpent;
}

/** PUBACK or PUBREC, once what must be durable is durable; `written` is what the store had been told before this message. */
function acknowledge(
  connection: Connection,
  { qos, packetIdentifier }: PublishFrame,
  accepted: Accepted,
  written: number,
): void {
  const isCode = typeof accepted === 'number';
  const code = isCode ? accepted : accepted.reasonCode;
  const reasonString = isCode ? undefined : accepted.reasonString;
  if (code >= 0x80) connection.context.metrics.messagesRefused += 1;
  if (qos === 0) return;
  const session = connection.session as Session;
  if (accepted instanceof NotOwned && connection.terms?.protocolVersion !== 5) {
    // Without a way to say no, only the end of the connection tells that the message is not taken.
    session.release(packetIdentifier);
    throw new ConnectionError('PETREL_LIMIT_EXCEEDED', accepted.reasonString, accepted);
  }
  // MQTT 3.x has no way to say no: it is acknowledged and goes nowhere [MQTT-3.3.5-2].
  const told = connection.terms?.protocolVersion === 5 ? code : reasonCode.success;
  if (qos === 1) {
    answer(connection, pubackByte, packetIdentifier, told, reasonString, written);
    return;
  }
  if (told >= 0x80)
    session.release(packetIdentifier); // [MQTT-4.3.3-9]
  else if (session.isStored)
    connection.context.store.addReceivedIdentifier(session.clientIdentifier, packetIdentifier);
  answer(connection, pubrecByte, packetIdentifier, told, reasonString, written);
}

function answer(
  connection: Connection,
  firstByte: number,
  packetIdentifier: number,
  code: number,
  reasonString: string | undefined,
  written: number,
): void {
  const { acknowledgements } = connection;
  const { store } = connection.context;
  // A message that no store has to own costs no commit, whatever others wait for.
  const commit = store.written === written ? undefined : store.commit();
  if (acknowledgements.mayLeaveNow(commit)) {
    sendAnswer(connection, firstByte, packetIdentifier, code, reasonString);
    return;
  }
  acknowledgements.after(commit, () =>
    sendAnswer(connection, firstByte, packetIdentifier, code, reasonString),
  );
}

function sendAnswer(
  connection: Connection,
  firstByte: number,
  packetIdentifier: number,
  code: number,
  reasonString: string | undefined,
): void {
  if (reasonString !== undefined && connection.terms?.requestProblemInformation) {
    const type = firstByte === pubackByte ? 'puback' : 'pubrec';
    connection.send({ type, packetIdentifier, reasonCode: code, properties: { reasonString } }); // [MQTT-3.1.2-29]
  } else {
    connection.sendAcknowledgement(firstByte, packetIdentifier, code);
  }
  if (firstByte === pubackByte) (connection.session as Session).inbound.acknowledged();
}
