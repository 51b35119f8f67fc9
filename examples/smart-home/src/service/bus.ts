/** The outgoing side of the service: what it publishes, over Nest's own ClientProxy. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ClientProxy, MqttRecordBuilder } from '@nestjs/microservices';
import { contractClient } from '@petrel/nestjs';
import { catchError, EMPTY, lastValueFrom, timeout } from 'rxjs';
import { houseContract } from '../house/contract.js';
import type { DeviceStatus, Notification } from '../house/messages.js';
import { topics } from '../house/topics.js';

/** Time to say goodbye in. */
const farewellMs = 500;

export const busToken = Symbol('bus');

@Injectable()
export class Bus implements OnApplicationBootstrap, OnApplicationShutdown {
  connected = false;
  #onConnected = () => {};

  readonly #contract;

  constructor(@Inject(busToken) private readonly client: ClientProxy) {
    this.#contract = contractClient(client, houseContract);
  }

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
    // Without an answer the will says the same.
    const offline = new MqttRecordBuilder({ state: 'offline' }).setQoS(1).setRetain(true).build();
    const said = this.client.emit(topics.serviceStatus, offline).pipe(
      timeout(farewellMs),
      catchError(() => EMPTY),
    );
    await lastValueFrom(said, { defaultValue: undefined });
  }

  /** Tells everybody of a notification, by the contract of the house. */
  notify(notification: Notification): void {
    if (this.connected) this.#contract.emit(topics.notifications, notification, { qos: 1 });
  }

  /** Publishes at QoS 1; without a connection the message is dropped, for what counts is said again after the next one. */
  publish(topicName: string, data: object, { retain = false } = {}): void {
    if (!this.connected) return;
    this.client.emit(topicName, new MqttRecordBuilder(data).setQoS(1).setRetain(retain).build());
  }
}
