/** Controllers whose behaviour a test decides: the patterns stand here, because decorators want classes. */
import { Controller, Module, type Type } from '@nestjs/common';
import {
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  type MqttContext as StockContext,
} from '@nestjs/microservices';
import { Topic, TopicParam, UserProperty } from './decorators.js';
import type { MqttContext } from './mqtt-context.js';

/** What the handlers of the running test do. */
interface Behaviour {
  handle(data: unknown, context: MqttContext, ...more: unknown[]): unknown;
}
export const behaviour: Behaviour = { handle: () => undefined };
const run = (data: unknown, context: StockContext, ...more: unknown[]) =>
  behaviour.handle(data, context as MqttContext, ...more);

@Controller()
export class JobController {
  @EventPattern<string>('jobs/+')
  job(@Payload() data: unknown, @Ctx() context: StockContext): unknown {
    return run(data, context);
  }
}

/** One of a group, with subscription options of its own. */
@Controller()
export class GroupController {
  @EventPattern<string>('jobs/+', { group: 'workers', qos: 1, retainAsPublished: true, retainHandling: 2 })
  job(@Payload() data: unknown, @Ctx() context: StockContext): unknown {
    return run(data, context);
  }
}

@Controller()
export class OverlapController {
  @EventPattern<string>('a/#')
  all(@Payload() data: unknown, @Ctx() context: StockContext): unknown {
    return run(data, context, 'a/#');
  }

  @EventPattern<string>('a/+/c')
  middle(@Payload() data: unknown, @Ctx() context: StockContext): unknown {
    return run(data, context, 'a/+/c');
  }

  @EventPattern<string>('a/b/c')
  exact(@Payload() data: unknown, @Ctx() context: StockContext): unknown {
    return run(data, context, 'a/b/c');
  }
}

@Controller()
export class RequestController {
  @MessagePattern('x/#')
  request(@Payload() data: unknown, @Ctx() context: StockContext): unknown {
    return run(data, context);
  }
}

@Controller()
export class EverythingController {
  @EventPattern<string>('#')
  everything(@Payload() data: unknown, @Ctx() context: StockContext): unknown {
    return run(data, context);
  }
}

@Controller()
export class PropertyController {
  @EventPattern<string>('p/+')
  property(
    @Payload() data: unknown,
    @Ctx() context: StockContext,
    @UserProperty('unit') unit: string,
    @Topic() topic: string,
  ): unknown {
    return run(data, context, unit, topic);
  }
}

@Controller()
export class ParameterController {
  @EventPattern<string>('sensors/:room/*rest')
  reading(
    @Payload() data: unknown,
    @Ctx() context: StockContext,
    @TopicParam('room') room: string,
    @TopicParam() all: Record<string, string>,
  ): unknown {
    return run(data, context, room, all);
  }
}

@Controller()
export class DeadLetterController {
  @EventPattern<string>('orders/+', {
    retry: { attempts: 2, delayMs: 1 },
    onFailure: { deadLetter: 'dead/orders' },
  })
  order(@Payload() data: unknown, @Ctx() context: StockContext): unknown {
    return run(data, context);
  }
}

export function moduleOf(controller: Type): Type {
  @Module({ controllers: [controller] })
  class TestModule {}
  return TestModule;
}
