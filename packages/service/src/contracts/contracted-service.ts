/** A service as one contract sees it: typed handlers and typed calls, checked at this end as well as at the other. */
import type { HandlerOptions, Registration } from '../endpoint.js';
import type { EventHandler, HandlerContext, Outbound } from '../handler.js';
import type { EventOptions, RequestOptions } from '../send-options.js';
import type { Service } from '../service.js';
import type { TopicParameterValues } from '../topic-pattern.js';
import { checkData } from './check-data.js';
import type {
  Contract,
  DeclaredOperation,
  EventOperation,
  Operations,
  PatternsOf,
  RequestOperation,
  StreamOperation,
} from './contract.js';
import { contractEndpoint } from './contract-endpoint.js';
import type { SchemaInput, SchemaOutput } from './standard-schema.js';

/** The last argument of a call: with `parameters` where the pattern has some, and then it must be there. */
export type CallOptions<Pattern extends string, Options> = keyof TopicParameterValues<Pattern> extends never
  ? [options?: Options]
  : [options: Options & { readonly parameters: TopicParameterValues<Pattern> }];

/** What a sender hands in. */
export type SentData<Called> =
  Called extends EventOperation<infer Payload>
    ? SchemaInput<Payload>
    : Called extends RequestOperation<infer Input> | StreamOperation<infer Input>
      ? SchemaInput<Input>
      : never;

/** What a handler gets. */
export type ReceivedData<Called> =
  Called extends EventOperation<infer Payload>
    ? SchemaOutput<Payload>
    : Called extends RequestOperation<infer Input> | StreamOperation<infer Input>
      ? SchemaOutput<Input>
      : never;

/** What a responder hands in, each time. */
export type GivenAnswer<Called> = Called extends
  | RequestOperation<infer _, infer Output>
  | StreamOperation<infer _, infer Output>
  ? SchemaInput<Output>
  : never;

/** What a caller gets, each time. */
export type TakenAnswer<Called> = Called extends
  | RequestOperation<infer _, infer Output>
  | StreamOperation<infer _, infer Output>
  ? SchemaOutput<Output>
  : never;

/** What the handler of an operation returns: one answer, or something that gives many. */
export type HandlerResult<Called> = Called extends StreamOperation
  ? AsyncIterable<GivenAnswer<Called>> | Subscribed<GivenAnswer<Called>>
  : GivenAnswer<Called> | Outbound<GivenAnswer<Called>>;

/** An Observable, of whichever library. */
interface Subscribed<Item> {
  subscribe(observer: { next(value: Item): void; error(error: unknown): void; complete(): void }): {
    unsubscribe(): void;
  };
}

interface Call {
  readonly declared: DeclaredOperation;
  readonly topicName: string;
}

/** Typed handlers and calls over a service. Made by `contracted`; closes nothing, the service is its owner's. */
export class ContractedService<All extends Operations> {
  readonly #service: Service;
  readonly #contract: Contract<All>;

  constructor(service: Service, contract: Contract<All>) {
    this.#service = service;
    this.#contract = contract;
  }

  /** Runs `handler` for each event of the pattern whose payload keeps the contract; others are reported and not handled. */
  on<Pattern extends PatternsOf<All, 'event'>>(
    pattern: Pattern,
    handler: (payload: ReceivedData<All[Pattern]>, context: HandlerContext<Pattern>) => unknown,
    options?: HandlerOptions,
  ): Promise<Registration> {
    return this.#serve(this.#contract.operation(pattern, 'event'), handler, options);
  }

  /** Answers the requests of the pattern whose input keeps the contract; others are answered with the ContractError. */
  respond<Pattern extends PatternsOf<All, 'request' | 'stream'>>(
    pattern: Pattern,
    handler: (
      input: ReceivedData<All[Pattern]>,
      context: HandlerContext<Pattern>,
    ) => HandlerResult<All[Pattern]> | Promise<HandlerResult<All[Pattern]>>,
    options?: HandlerOptions,
  ): Promise<Registration> {
    const declared = this.#contract.operation(pattern, 'request', 'stream');
    return this.#serve(declared, handler, options);
  }

  /** Publishes an event; rejects with ContractError, and publishes nothing, where the payload breaks the contract. */
  async publish<Pattern extends PatternsOf<All, 'event'>>(
    pattern: Pattern,
    payload: SentData<All[Pattern]>,
    ...[options]: CallOptions<Pattern, EventOptions>
  ): Promise<void> {
    const { topicName, rest } = await this.#prepare(
      this.#contract.operation(pattern, 'event'),
      payload,
      options,
    );
    await this.#service.publish(topicName, payload, rest);
  }

  /** Asks; rejects with ContractError where the input or the answer breaks the contract, else as `Service.request`. */
  async request<Pattern extends PatternsOf<All, 'request'>>(
    pattern: Pattern,
    input: SentData<All[Pattern]>,
    ...[options]: CallOptions<Pattern, RequestOptions>
  ): Promise<TakenAnswer<All[Pattern]>> {
    const { declared, topicName, rest } = await this.#prepare(
      this.#contract.operation(pattern, 'request'),
      input,
      options,
    );
    const answer = await this.#service.request(topicName, input, rest);
    return (await checkAnswer(declared, answer)) as TakenAnswer<All[Pattern]>;
  }

  /** Asks and gives the answers as they come, each of them checked; leaving the loop gives the request up. */
  async *requestStream<Pattern extends PatternsOf<All, 'stream'>>(
    pattern: Pattern,
    input: SentData<All[Pattern]>,
    ...[options]: CallOptions<Pattern, RequestOptions>
  ): AsyncGenerator<TakenAnswer<All[Pattern]>, void, undefined> {
    const { declared, topicName, rest } = await this.#prepare(
      this.#contract.operation(pattern, 'stream'),
      input,
      options,
    );
    for await (const answer of this.#service.requestStream(topicName, input, rest)) {
      yield (await checkAnswer(declared, answer)) as TakenAnswer<All[Pattern]>;
    }
  }

  #serve(
    declared: DeclaredOperation,
    handler: (data: never, context: never) => unknown,
    options: HandlerOptions = {},
  ): Promise<Registration> {
    const responds = declared.operation.kind !== 'event';
    const { pattern } = declared.pattern;
    const endpoint = this.#service.endpoint(pattern, responds, handler as EventHandler<never>, options);
    return this.#service.register(contractEndpoint(endpoint, declared));
  }

  /** Checks what goes out; it goes out as it was given, since the other end applies the schema to it again. */
  async #prepare<Options extends object>(
    declared: DeclaredOperation,
    data: unknown,
    options: Options | undefined,
  ): Promise<Call & { readonly rest: Omit<Options, 'parameters'> }> {
    const { pattern, operation } = declared;
    const { parameters = {}, ...rest } = (options ?? {}) as Options & {
      parameters?: Record<string, string | number>;
    };
    const topicName = pattern.topicName(parameters);
    if (operation.kind === 'event') await checkData(operation.payload, data, { pattern, part: 'payload' });
    else await checkData(operation.input, data, { pattern, part: 'input' });
    return { declared, topicName, rest };
  }
}

/** The service as a contract sees it: `contracted(service, houseContract).request('climate/average', { rooms: ['kitchen'] })`. */
export function contracted<All extends Operations>(
  service: Service,
  contract: Contract<All>,
): ContractedService<All> {
  return new ContractedService(service, contract);
}

function checkAnswer({ pattern, operation }: DeclaredOperation, answer: unknown): unknown {
  return operation.kind === 'event'
    ? answer
    : checkData(operation.output, answer, { pattern, part: 'output' });
}
