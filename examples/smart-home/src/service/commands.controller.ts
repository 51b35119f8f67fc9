/** Takes commands, and answers each with what is now the case, or with why not. */
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import type { CutLink, HouseSettings, HumidityLimit } from '../house/messages.js';
import { topics } from '../house/topics.js';
import { Announcer } from './announcer.js';
import { Bus } from './bus.js';
import { House } from './house.js';

@Controller()
export class CommandsController {
  constructor(
    private readonly house: House,
    private readonly bus: Bus,
    private readonly announcer: Announcer,
  ) {}

  @MessagePattern(topics.humidityLimit)
  setHumidityLimit(@Payload() command: Partial<HumidityLimit> | undefined): HouseSettings {
    this.house.humidityLimit = readNumber('percent', command?.percent, 20, 95);
    this.announcer.announceSettings();
    return this.house.settings;
  }

  @MessagePattern(topics.cutLink)
  cutLink(@Payload() command: Partial<CutLink> | undefined): CutLink {
    const seconds = readNumber('seconds', command?.seconds, 1, 60);
    const room = command?.room;
    if (typeof room !== 'string' || this.house.receipt(room) === undefined) {
      throw new RpcException(`no device of the house is in room ${JSON.stringify(room)}`);
    }
    this.bus.publish(topics.gatewayCutLink, { room, seconds } satisfies CutLink);
    return { room, seconds };
  }
}

function readNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new RpcException(`"${name}" must be a number ${least}–${most}, got ${JSON.stringify(value)}`);
}
