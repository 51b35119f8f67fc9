/** Parameter decorators for what the stock ones do not reach. */
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { MqttContext } from './mqtt-context.js';

/** `@UserProperty('unit') unit: string`: the User Property of that name, the first where there are several; undefined without one. */
export const UserProperty = createParamDecorator((name: string, host: ExecutionContext) => {
  const context: unknown = host.switchToRpc().getContext();
  if (!(context instanceof MqttContext)) return undefined;
  return context.getUserProperties().find(([key]) => key === name)?.[1];
});

/** `@Topic() topic: string`: the Topic Name that the message came on. */
export const Topic = createParamDecorator((_: unknown, host: ExecutionContext) => {
  const context: unknown = host.switchToRpc().getContext();
  return context instanceof MqttContext ? context.getTopic() : undefined;
});

/** `@TopicParam('room') room: string`: a named level of the topic, of a pattern such as `sensors/:room`; all of them without a name. */
export const TopicParam = createParamDecorator((name: string | undefined, host: ExecutionContext) => {
  const context: unknown = host.switchToRpc().getContext();
  if (!(context instanceof MqttContext)) return undefined;
  const parameters = context.getParameters();
  return name === undefined ? parameters : parameters[name];
});
