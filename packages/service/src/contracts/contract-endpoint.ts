/** Puts a contract between the wire and a handler: what comes in is checked, and so is what goes back. */
import type { Delivery, Endpoint } from '../endpoint.js';
import type { Respond } from '../handler.js';
import { checkData } from './check-data.js';
import type { DeclaredOperation } from './contract.js';

/**
 * The endpoint with its messages checked: the handler gets what the schema gives, its answers go out as it gave them.
 *
 * What breaks the contract does not reach the handler, or does not leave it: a caller is answered with the ContractError, a
 * broken event is reported.
 */
export function contractEndpoint(endpoint: Endpoint, declared: DeclaredOperation): Endpoint {
  const { pattern, operation } = declared;
  const isEvent = operation.kind === 'event';
  const part = isEvent ? 'payload' : 'input';
  const received = isEvent ? operation.payload : operation.input;
  return {
    ...endpoint,
    operation: declared,
    handle: async (delivery) => {
      const data = await checkData(received, delivery.data, { pattern, part });
      const respond = isEvent ? delivery.respond : checkedRespond(delivery.respond, declared);
      await endpoint.handle(withChecked(delivery, data, respond));
    },
  };
}

function withChecked(delivery: Delivery, data: unknown, respond: Respond | undefined): Delivery {
  const { message, userProperties, topicFilter, attempt, ack } = delivery;
  return {
    data,
    respond,
    message,
    userProperties,
    topicFilter,
    attempt,
    ack,
    // Not read before the handler does: making one costs.
    get signal() {
      return delivery.signal;
    },
  };
}

function checkedRespond(
  respond: Respond | undefined,
  { pattern, operation }: DeclaredOperation,
): Respond | undefined {
  if (respond === undefined || operation.kind === 'event') return respond;
  let isBroken = false;
  return async (reply, options) => {
    // What a handler gives after a wrong answer is for nobody: the error ends the stream.
    if (isBroken) return;
    if (reply.kind === 'next' || reply.kind === 'last') {
      isBroken = true;
      await checkData(operation.output, reply.data, { pattern, part: 'output' });
      isBroken = false;
    }
    await respond(reply, options);
  };
}
