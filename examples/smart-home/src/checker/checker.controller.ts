/** Looks at every reading: the replicas share them, and what is no reading ends as a dead letter. */
import { Controller } from '@nestjs/common';
import { EventPattern, Payload, RpcException } from '@nestjs/microservices';
import { TopicParam } from '@petrel/nestjs';
import { parseReading } from '../house/parse-reading.js';
import { type Quantity, topics } from '../house/topics.js';
import { Tally } from './tally.js';

/** What a sensor of this house can measure, in °C and %. */
const plausible: Readonly<Record<Quantity, readonly [least: number, most: number]>> = {
  temperature: [-40, 110],
  humidity: [0, 100],
  load: [0, 100],
  memory: [0, 100],
};

@Controller()
export class CheckerController {
  constructor(private readonly tally: Tally) {}

  @EventPattern<string>('sensors/:room/:quantity/:probe', {
    // One subscription for all replicas: each reading is checked by one of them.
    group: 'checkers',
    retry: { attempts: 3, delayMs: 50 },
    onFailure: { deadLetter: topics.deadReadings },
  })
  check(@Payload() payload: unknown, @TopicParam('quantity') quantity: string): void {
    try {
      assertPlausible(payload, quantity);
      this.tally.checked++;
    } catch (error) {
      this.tally.failedCalls++;
      throw error;
    }
  }
}

function assertPlausible(payload: unknown, quantity: string): void {
  const parsed = parseReading(payload, 0);
  if (parsed.kind === 'unreadable') throw new RpcException(parsed.why);
  const bounds = plausible[quantity as Quantity];
  if (bounds === undefined) throw new RpcException(`"${quantity}" is nothing that this house measures`);
  const { value } = parsed.reading;
  const [least, most] = bounds;
  if (value < least || value > most)
    throw new RpcException(`${quantity} must be ${least}–${most}, got ${value}`);
}
