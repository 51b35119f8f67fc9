/** Nest's console, without what the start process has said already. */
import { ConsoleLogger } from '@nestjs/common';
import { MqttClient, MqttServer } from '@petrel/nestjs';

const transports: readonly unknown[] = [MqttClient.name, MqttServer.name];

/** Only what is said of a connection names its Client Identifier. */
function isAboutConnection(optional: readonly unknown[]): boolean {
  const [fields] = optional;
  const named = typeof fields === 'object' && fields !== null && 'clientIdentifier' in fields;
  return named && transports.includes(optional.at(-1));
}

/** Leaves out what the transports say of a broker that is away, attempt by attempt; all else is printed. */
export class ServiceLogger extends ConsoleLogger {
  override error(message: unknown, ...optional: unknown[]): void {
    if (!isAboutConnection(optional)) super.error(message, ...optional);
  }

  override warn(message: unknown, ...optional: unknown[]): void {
    if (!isAboutConnection(optional)) super.warn(message, ...optional);
  }
}
