/** Answers questions about the house. */
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { ContractHandler } from '@petrel/nestjs';
import { houseContract } from '../house/contract.js';
import type { AverageAnswer, AverageRequest, HistoryAnswer, Receipts } from '../house/messages.js';
import { topics } from '../house/topics.js';
import { House } from './house.js';

@Controller()
export class ClimateController {
  constructor(private readonly house: House) {}

  @ContractHandler(houseContract, topics.average)
  average(@Payload() { rooms }: AverageRequest): AverageAnswer {
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
