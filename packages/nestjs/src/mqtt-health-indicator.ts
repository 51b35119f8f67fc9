/** Health of the connection that an application really uses, in the form that `@nestjs/terminus` reads. Needs no Terminus. */
import { Injectable } from '@nestjs/common';
import type { ConnectionHealth } from './connection.js';

/** Anything with a connection to look at: MqttServer, MqttClient. */
export interface HasHealth {
  health(): ConnectionHealth;
}

/** A result by its key, as Terminus's `HealthCheckService.check` takes it. */
export type MqttHealthResult<Key extends string> = Record<
  Key,
  ConnectionHealth & { readonly status: 'up' | 'down' }
>;

/** `health.check([() => indicator.isHealthy('mqtt', server)])`. */
@Injectable()
export class MqttHealthIndicator {
  /**
   * `up` while the connection is there, `down` while it is not, with what the connection is doing. Opens no connection and sends
   * nothing: whether the peer is still there is found out by the keep-alive of the connection itself.
   */
  isHealthy<Key extends string>(key: Key, connection: HasHealth): MqttHealthResult<Key> {
    const health = connection.health();
    const status = health.connection === 'connected' ? 'up' : 'down';
    return { [key]: { status, ...health } } as MqttHealthResult<Key>;
  }
}
