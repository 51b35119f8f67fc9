/** Nest's console, without what the start process has said already. */
import { ConsoleLogger } from '@nestjs/common';
import { MqttClient, MqttServer } from '@petrel/nestjs';

const transports: readonly unknown[] = [MqttClient.name, MqttServer.name];

/** Leaves out what the transports say of a broker that is away, attempt by attempt; all else is printed. */
export class ServiceLogger extends ConsoleLogger {
  override error(message: unknown, ...optional: unknown[]): void {
    if (!transports.includes(optional.at(-1))) super.error(message, ...optional);
  }

  override warn(message: unknown, ...optional: unknown[]): void {
    if (!transports.includes(optional.at(-1))) super.warn(message, ...optional);
  }
}
