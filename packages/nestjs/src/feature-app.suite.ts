/** The application that every pairing runs: one handler per thing a NestJS microservice is known to do. */
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExecutionContext,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  type PipeTransform,
  type RpcExceptionFilter,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  Ctx,
  EventPattern,
  MessagePattern,
  MqttContext,
  MqttRecordBuilder,
  Payload,
  type RequestContext,
  RpcException,
} from '@nestjs/microservices';
import { EMPTY, from, map, Observable, of, throwError } from 'rxjs';

/** What a handler saw. */
export interface Seen {
  readonly handler: string;
  readonly data: unknown;
  readonly topic: string;
  readonly packet: Record<string, unknown>;
}

/** What event handlers saw, in order; tests await entries of their own topics. */
export class Journal {
  readonly entries: Seen[] = [];

  note(handler: string, data: unknown, context: MqttContext): void {
    this.entries.push({ handler, data, topic: context.getTopic(), packet: context.getPacket() });
  }

  on(topic: string): Seen[] {
    return this.entries.filter((entry) => entry.topic === topic);
  }
}

@Injectable()
class DoublePipe implements PipeTransform<number, number> {
  transform(value: number): number {
    if (typeof value !== 'number') throw new RpcException('not a number');
    return value * 2;
  }
}

@Injectable()
class DenyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getData<{ admin?: boolean }>().admin === true;
  }
}

@Injectable()
class WrapInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value) => ({ wrapped: value })));
  }
}

@Catch(TypeError)
class TypeErrorFilter implements RpcExceptionFilter<TypeError> {
  catch(exception: TypeError, _: ArgumentsHost): Observable<never> {
    return throwError(() => ({ status: 'error', filtered: exception.message }));
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  constructor(@Inject(REQUEST) private readonly request: RequestContext<unknown, MqttContext>) {}

  describe(): string {
    return `${this.request.getContext().getTopic()} ${JSON.stringify(this.request.getData())}`;
  }
}

@Controller()
class RequestController {
  @MessagePattern('sum')
  sum(@Payload() data: number[]): number {
    return data.reduce((total, value) => total + value, 0);
  }

  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern('later')
  async later(@Payload() data: unknown): Promise<unknown> {
    await new Promise((resolve) => setImmediate(resolve));
    return data;
  }

  @MessagePattern('stream')
  stream(@Payload() count: number): Observable<number> {
    return from(Array.from({ length: count }, (_, index) => index));
  }

  @MessagePattern('stream/slow')
  slowStream(@Payload() count: number): Observable<Promise<number>> {
    return from(
      (async function* () {
        for (let index = 0; index < count; index++) {
          await new Promise((resolve) => setImmediate(resolve));
          yield index as never;
        }
      })(),
    );
  }

  @MessagePattern('stream/failing')
  failingStream(): Observable<number> {
    return new Observable<number>((observer) => {
      observer.next(1);
      setImmediate(() => observer.error(new RpcException('torn')));
    });
  }

  @MessagePattern('nothing')
  nothing(): undefined {
    return undefined;
  }

  @MessagePattern('gives-null')
  givesNull(): null {
    return null;
  }

  @MessagePattern('empty')
  empty(): Observable<never> {
    return EMPTY;
  }

  @MessagePattern('throws')
  throws(): never {
    throw new Error('secret detail');
  }

  @MessagePattern('rejects')
  async rejects(): Promise<never> {
    throw new RpcException('denied');
  }

  @MessagePattern('rejects/object')
  rejectsObject(): never {
    throw new RpcException({ code: 'NO_ROOM', rooms: ['hall'] });
  }

  @MessagePattern('filtered')
  @UseFilters(new TypeErrorFilter())
  filtered(): never {
    throw new TypeError('caught by the filter');
  }

  @MessagePattern('piped')
  piped(@Payload('value', DoublePipe) value: number): number {
    return value;
  }

  @MessagePattern('guarded')
  @UseGuards(DenyGuard)
  guarded(): string {
    return 'welcome';
  }

  @MessagePattern('intercepted')
  @UseInterceptors(WrapInterceptor)
  intercepted(@Payload() data: unknown): unknown {
    return data;
  }

  @MessagePattern({ cmd: 'ping', area: 'test' })
  object(): string {
    return 'pong';
  }

  @MessagePattern(['first', 'second'])
  either(@Ctx() context: MqttContext): string {
    return context.getTopic();
  }

  @MessagePattern('rooms/+/average/+')
  single(@Ctx() context: MqttContext): string {
    return context.getTopic();
  }

  @MessagePattern('tree/#')
  multi(@Ctx() context: MqttContext): string {
    return context.getTopic();
  }

  @MessagePattern('record')
  record(): unknown {
    return new MqttRecordBuilder({ from: 'record' }).setQoS(1).build();
  }

  @MessagePattern('qos')
  qos(@Ctx() context: MqttContext): unknown {
    return context.getPacket().qos;
  }
}

@Controller()
class ScopedController {
  constructor(private readonly perRequest: PerRequest) {}

  @MessagePattern('scoped')
  scoped(): string {
    return this.perRequest.describe();
  }
}

@Controller()
class EventController {
  constructor(private readonly journal: Journal) {}

  @EventPattern<string>('notifications')
  notifications(@Payload() data: number[], @Ctx() context: MqttContext): void {
    this.journal.note('notifications', data, context);
  }

  @EventPattern<string>('sensors/+/temperature/+')
  temperature(@Payload() data: unknown, @Ctx() context: MqttContext): void {
    this.journal.note('temperature', data, context);
  }

  @EventPattern<string>('logs/#')
  logs(@Payload() data: unknown, @Ctx() context: MqttContext): void {
    this.journal.note('logs', data, context);
  }

  @EventPattern<string>('shared-event')
  first(@Payload() data: unknown, @Ctx() context: MqttContext): void {
    this.journal.note('first', data, context);
  }

  @EventPattern<string>('shared-event')
  second(@Payload() data: unknown, @Ctx() context: MqttContext): void {
    this.journal.note('second', data, context);
  }

  @EventPattern<string>('fails')
  fails(@Payload() data: unknown, @Ctx() context: MqttContext): void {
    this.journal.note('fails', data, context);
    throw new Error('an event handler failed');
  }

  @EventPattern<string>('at-most-once', { qos: 0 })
  atMostOnce(@Payload() data: unknown, @Ctx() context: MqttContext): void {
    this.journal.note('at-most-once', data, context);
  }

  @EventPattern<string>('observable')
  observable(@Payload() data: unknown, @Ctx() context: MqttContext): Observable<unknown> {
    this.journal.note('observable', data, context);
    return of(1, 2);
  }
}

export const journal = new Journal();

@Module({
  controllers: [RequestController, ScopedController, EventController],
  providers: [PerRequest, { provide: Journal, useValue: journal }],
})
export class FeatureModule {}
