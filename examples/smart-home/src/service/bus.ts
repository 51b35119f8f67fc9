/** The outgoing side of the service: what it publishes, over Nest's own ClientProxy. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ClientProxy, MqttRecordBuilder } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { DeviceStatus } from '../house/messages.js';
import { topics } from '../house/topics.js';

export const busToken = Symbol('bus');

@Injectable()
export class Bus implements OnApplicationBootstrap, OnApplicationShutdown {
  connected = false;
  #onConnected = () => {};

  constructor(@Inject(busToken) private readonly client: ClientProxy) {}

  /** Calls `listener` after every new connection: a broker that has started anew knows nothing. */
  onConnected(listener: () => void): void {
    this.#onConnected = listener;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.client.status.subscribe((status) => {
      this.connected = status === 'connected';
      if (!this.connected) return;
      this.publish(topics.serviceStatus, { state: 'online' } satisfies DeviceStatus, { retain: true });
      this.#onConnected();
    });
    await this.client.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.connected) return;
    const offline = new MqttRecordBuilder({ state: 'offline' }).setQoS(1).setRetain(true).build();
    await lastValueFrom(this.client.emit(topics.serviceStatus, offline), { defaultValue: undefined });
  }

  /** Publishes at QoS 1; without a connection the message is dropped, for what counts is said again after the next one. */
  publish(topicName: string, data: object, { retain = false } = {}): void {
    if (!this.connected) return;
    this.client.emit(topicName, new MqttRecordBuilder(data).setQoS(1).setRetain(retain).build());
  }
}
