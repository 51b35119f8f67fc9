/** Every reading of the house, of devices and of guests, arrives here. */
import { Controller, Logger } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { MqttContext } from '@petrel/nestjs';
import { Announcer } from './announcer.js';
import { Bus } from './bus.js';
import { House } from './house.js';

const complaintLimit = 20;

@Controller()
export class SensorsController {
  readonly #logger = new Logger('sensors');
  #complaints = 0;

  constructor(
    private readonly house: House,
    private readonly bus: Bus,
    private readonly announcer: Announcer,
  ) {}

  @EventPattern(['sensors/+/temperature/+', 'sensors/+/humidity/+', 'sensors/+/load/+', 'sensors/+/memory/+'])
  take(@Payload() payload: unknown, @Ctx() context: MqttContext): void {
    const taken = this.house.take(context.getTopic(), payload, Date.now());
    if (typeof taken === 'string') {
      this.#complain(context.getTopic(), taken);
      return;
    }
    for (const notification of taken.notifications) this.bus.notify(notification);
    this.announcer.note(taken.room);
  }

  /** A broken device repeats itself; the log need not. */
  #complain(topicName: string, why: string): void {
    if (++this.#complaints > complaintLimit) return;
    this.#logger.warn(`not a reading on ${JSON.stringify(topicName)}: ${why}`);
  }
}
