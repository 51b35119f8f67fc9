/** The state of QoS 1 and 2, which client and broker keep for every message in flight. */
import { InboundDelivery, OutboundDelivery } from '@petrel/protocol';
import { type MicroResult, measure } from './measure.js';

const inFlight = 100;

/** A message through its whole exchange, with others in flight beside it. */
export function measureDeliveryState(): MicroResult[] {
  const message = { payload: new Uint8Array(64) };
  const outbound = new OutboundDelivery<object>(65_535);
  const identifiers = Array.from({ length: inFlight }, () => 0);
  const qos1 = measure(`send at QoS 1, ${inFlight} in flight`, 10 * inFlight, (count) => {
    let sum = 0;
    for (let done = 0; done < count; done += inFlight) {
      for (let index = 0; index < inFlight; index++) identifiers[index] = outbound.begin(message, 1);
      for (const identifier of identifiers) if (outbound.puback(identifier) !== undefined) sum += identifier;
    }
    return sum;
  });
  const qos2 = measure(`send at QoS 2, ${inFlight} in flight`, 10 * inFlight, (count) => {
    let sum = 0;
    for (let done = 0; done < count; done += inFlight) {
      for (let index = 0; index < inFlight; index++) identifiers[index] = outbound.begin(message, 2);
      for (const identifier of identifiers) if (outbound.pubrec(identifier, 0) === 'release') sum += 1;
      for (const identifier of identifiers) if (outbound.pubcomp(identifier) !== undefined) sum += identifier;
    }
    return sum;
  });
  return [qos1, qos2, measureInbound()];
}

function measureInbound(): MicroResult {
  const inbound = new InboundDelivery(65_535);
  return measure(`receive at QoS 2, ${inFlight} in flight`, 10 * inFlight, (count) => {
    let sum = 0;
    for (let done = 0; done < count; done += inFlight) {
      for (let identifier = 1; identifier <= inFlight; identifier++)
        if (inbound.begin(identifier, 2) === 'new') sum += 1;
      for (let identifier = 1; identifier <= inFlight; identifier++) inbound.release(identifier);
    }
    return sum;
  });
}
