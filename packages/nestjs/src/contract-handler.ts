/** Puts a handler of a controller under a contract: what it gets and gives is checked, and its types are the contract's. */
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import {
  type Contract,
  contractEndpoint,
  type DeclaredOperation,
  type Endpoint,
  type GivenAnswer,
  type HandlerResult,
  type Operations,
  type Outbound,
  type ReceivedData,
} from '@petrel/service';
import type { Observable } from 'rxjs';
import type { HandlerExtras } from './pattern.js';

/** Where the extras of a handler carry its operation; no name, so that nobody takes it for an option. */
const contractOperation = Symbol('petrel contract operation');

/** What a handler may return for an operation: values, promises and Observables, as NestJS takes them. */
export type ControllerResult<Called extends { readonly kind: string }> = Called extends {
  readonly kind: 'event';
}
  ? unknown
  :
      | HandlerResult<Called>
      | Observable<GivenAnswer<Called>>
      | Promise<HandlerResult<Called> | Observable<GivenAnswer<Called>>>
      | Outbound<GivenAnswer<Called>>;

/** Decorates a method whose first parameter is the payload. */
export type ContractMethodDecorator<Called extends { readonly kind: string }> = <
  // biome-ignore lint/suspicious/noExplicitAny: what is injected behind the payload is known to NestJS alone
  Method extends (payload: ReceivedData<Called>, ...injected: any[]) => ControllerResult<Called>,
>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * `@MessagePattern` or `@EventPattern`, whichever the operation is, with the contract in force: `@ContractHandler(house, 'climate/average')`.
 *
 * The method's first parameter is the payload (`@Payload()`), and its type and that of the result are checked by the compiler. What breaks the
 * contract does not reach the method; the caller of a request is answered with the ContractError. Throws UsageError for a
 * pattern that the contract does not have.
 */
export function ContractHandler<All extends Operations, Pattern extends keyof All & string>(
  contract: Contract<All>,
  pattern: Pattern,
  extras: HandlerExtras = {},
): ContractMethodDecorator<All[Pattern]> {
  const declared = contract.operation(pattern, 'event', 'request', 'stream');
  const carried = { ...extras, [contractOperation]: declared };
  const decorator =
    declared.operation.kind === 'event'
      ? EventPattern<string>(pattern, carried)
      : MessagePattern(pattern, carried);
  return decorator as ContractMethodDecorator<All[Pattern]>;
}

/** The endpoint of a handler, under the contract that its extras carry; as it is without one. */
export function underContract(endpoint: Endpoint, extras: unknown): Endpoint {
  const declared = (extras as { [contractOperation]?: DeclaredOperation } | undefined)?.[contractOperation];
  return declared === undefined ? endpoint : contractEndpoint(endpoint, declared);
}
