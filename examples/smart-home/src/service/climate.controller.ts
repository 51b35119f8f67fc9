/** Answers questions about the house. */
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import type { AverageAnswer, AverageRequest, HistoryAnswer, Receipts } from '../house/messages.js';
import { topics } from '../house/topics.js';
import { House } from './house.js';

@Controller()
export class ClimateController {
  constructor(private readonly house: House) {}

  @MessagePattern(topics.average)
  average(@Payload() request: Partial<AverageRequest> | undefined): AverageAnswer {
    const rooms: unknown = request?.rooms ?? [];
    if (!Array.isArray(rooms) || !rooms.every((room) => typeof room === 'string')) {
      throw new RpcException('"rooms" must be an array of room names; leave it empty for all');
    }
    try {
      return this.house.average(rooms);
    } catch (error) {
      throw new RpcException((error as Error).message);
    }
  }

  @MessagePattern(topics.history)
  history(): HistoryAnswer {
    return this.house.history();
  }

  @MessagePattern(topics.receipts)
  receipts(): Receipts {
    return this.house.receipts();
  }
}
