/** Counts what this replica has checked, and tells everybody once a second. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ClientProxy, MqttRecordBuilder } from '@nestjs/microservices';
import type { CheckerStatus } from '../house/messages.js';
import { checkerTopic } from '../house/topics.js';

export const checkerName = Symbol('checker name');
export const busToken = Symbol('bus');

const everyMs = 1_000;

@Injectable()
export class Tally implements OnApplicationBootstrap, OnApplicationShutdown {
  checked = 0;
  failedCalls = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(checkerName) private readonly name: string,
    @Inject(busToken) private readonly client: ClientProxy,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // A broker that has started anew knows nothing.
    this.client.status.subscribe((status) => {
      if (status === 'connected') this.#tell();
    });
    await this.client.connect();
    this.#timer = setInterval(() => this.#tell(), everyMs);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    const { checked, failedCalls } = this;
    const status: CheckerStatus = { state: 'online', checked, failedCalls };
    // QoS 0, and nobody hears of a failure: the next one says the same, and more.
    const record = new MqttRecordBuilder(status).setQoS(0).setRetain(true).build();
    this.client.emit(checkerTopic(this.name), record).subscribe({ error: nothing });
  }
}

function nothing(): void {}
