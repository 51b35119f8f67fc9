/** MqttClient as one contract sees it: typed `send` and `emit`, checked at this end. */
import { type ClientProxy, MqttRecordBuilder } from '@nestjs/microservices';
import {
  type CallOptions,
  type Contract,
  checkData,
  type DeclaredOperation,
  type Operations,
  type PatternsOf,
  type SentData,
  type TakenAnswer,
} from '@petrel/service';
import { concatMap, defer, type Observable, ReplaySubject } from 'rxjs';
import type { StockMqttOptions } from './options.js';

/** How a message of a contract is sent: QoS, Retain, and properties with the names of MQTT.js. */
export interface ContractSendOptions {
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly properties?: { readonly userProperties?: StockMqttOptions['userProperties'] };
}

type Given = ContractSendOptions & { readonly parameters?: Readonly<Record<string, string | number>> };

/** Typed calls over a client. Made by `contractClient`; closes nothing, the client is its owner's. */
export class ContractClient<All extends Operations> {
  readonly #client: ClientProxy;
  readonly #contract: Contract<All>;

  constructor(client: ClientProxy, contract: Contract<All>) {
    this.#client = client;
    this.#contract = contract;
  }

  /** Asks when it is subscribed to; errors with ContractError, and sends nothing, where the input breaks the contract. */
  send<Pattern extends PatternsOf<All, 'request' | 'stream'>>(
    pattern: Pattern,
    input: SentData<All[Pattern]>,
    ...[options]: CallOptions<Pattern, ContractSendOptions>
  ): Observable<TakenAnswer<All[Pattern]>> {
    const declared = this.#contract.operation(pattern, 'request', 'stream');
    return defer(() => this.#checked(declared, input, options)).pipe(
      concatMap(({ topicName, data }) => this.#client.send<unknown>(topicName, data)),
      concatMap(async (answer) => (await checkAnswer(declared, answer)) as TakenAnswer<All[Pattern]>),
    );
  }

  /** Publishes at once; the Observable completes when the QoS is complete, and errors where the payload breaks the contract. */
  emit<Pattern extends PatternsOf<All, 'event'>>(
    pattern: Pattern,
    payload: SentData<All[Pattern]>,
    ...[options]: CallOptions<Pattern, ContractSendOptions>
  ): Observable<void> {
    const declared = this.#contract.operation(pattern, 'event');
    const outcome = new ReplaySubject<void>();
    defer(() => this.#checked(declared, payload, options))
      .pipe(concatMap(({ topicName, data }) => this.#client.emit<void>(topicName, data)))
      .subscribe(outcome);
    return outcome.asObservable();
  }

  async #checked(
    { pattern, operation }: DeclaredOperation,
    data: unknown,
    { parameters = {}, qos, retain, properties }: Given = {},
  ): Promise<{ topicName: string; data: unknown }> {
    const topicName = pattern.topicName(parameters);
    if (operation.kind === 'event') await checkData(operation.payload, data, { pattern, part: 'payload' });
    else await checkData(operation.input, data, { pattern, part: 'input' });
    if (qos === undefined && retain === undefined && properties === undefined) return { topicName, data };
    const builder = new MqttRecordBuilder(data);
    if (qos !== undefined) builder.setQoS(qos);
    if (retain !== undefined) builder.setRetain(retain);
    if (properties !== undefined) builder.setProperties(properties as never);
    return { topicName, data: builder.build() };
  }
}

/** The client as a contract sees it: `contractClient(client, house).send('climate/average', { rooms: ['kitchen'] })`. */
export function contractClient<All extends Operations>(
  client: ClientProxy,
  contract: Contract<All>,
): ContractClient<All> {
  return new ContractClient(client, contract);
}

function checkAnswer({ pattern, operation }: DeclaredOperation, answer: unknown): unknown {
  return operation.kind === 'event'
    ? answer
    : checkData(operation.output, answer, { pattern, part: 'output' });
}
