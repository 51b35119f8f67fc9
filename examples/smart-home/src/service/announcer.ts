/** Says a few times a second what has changed: receipts to the devices, climate and ledger to everybody. */
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { climateTopic, receiptTopic, topics } from '../house/topics.js';
import { Bus } from './bus.js';
import { House } from './house.js';

const everyMs = 250;

@Injectable()
export class Announcer implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly house: House,
    private readonly bus: Bus,
  ) {
    bus.onConnected(() => {
      for (const room of house.roomNames) this.#changed.add(room);
      this.announceSettings();
    });
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#announce(), everyMs);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** A reading of this room has arrived. */
  note(room: string): void {
    this.#changed.add(room);
  }

  announceSettings(): void {
    this.bus.publish(topics.settings, this.house.settings, { retain: true });
  }

  #announce(): void {
    if (this.#changed.size === 0 || !this.bus.connected) return;
    for (const room of this.#changed) {
      const receipt = this.house.receipt(room);
      if (receipt !== undefined) this.bus.publish(receiptTopic(room), receipt);
      const climate = this.house.climate(room);
      if (climate !== undefined) this.bus.publish(climateTopic(room), climate, { retain: true });
    }
    this.#changed.clear();
    this.bus.publish(topics.ledger, this.house.ledger(), { retain: true });
  }
}
