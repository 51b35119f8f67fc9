/** The enhanced authentication of one connection: which method it named in CONNECT, and the exchange that runs now, if any. */
import { AuthenticationError, PetrelError, reasonCode } from '@petrel/protocol';
import type { BrokerContext } from '../broker-context.js';
import { HookError } from '../errors.js';
import { isPrincipal, isRefusal } from '../hook-runner.js';
import type { AuthenticationRequest, Refusal } from '../hooks.js';
import { sendableRefusal } from '../refusal.js';
import type { Timer } from '../timer-queue.js';
import type {
  AuthenticationChallenge,
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
  AuthenticationSuccess,
} from './authentication-method.js';

/** One per connection whose CONNECT names a method; owns no packets. */
export class Authentication {
  /** Of CONNECT, and then of the last re-authentication. */
  method: AuthenticationMethod;
  /** Of the credentials that the last re-authentication is judged by. */
  generation = 0;
  readonly #context: BrokerContext;
  #exchange: AuthenticationExchange | undefined;
  #rounds = 0;
  #timer: Timer | undefined;

  constructor(method: AuthenticationMethod, context: BrokerContext) {
    this.method = method;
    this.#context = context;
  }

  /** Whether the client owes an answer. */
  get isRunning(): boolean {
    return this.#exchange !== undefined;
  }

  /** Begins the exchange of a CONNECT, which the connection's deadline bounds. */
  begin(request: AuthenticationRequest): void {
    this.#rounds = 0;
    this.#exchange = this.method.begin(request);
  }

  /** Begins a re-authentication, which may take as long as a CONNECT. */
  beginAgain(request: AuthenticationRequest, onTimeout: (error: AuthenticationError) => void): void {
    const { timers, clock, options } = this.#context;
    const { connectTimeoutMs } = options.limits;
    this.begin(request);
    this.#timer = timers.add(clock.now() + connectTimeoutMs, () =>
      onTimeout(new AuthenticationError(`re-authentication not complete within ${connectTimeoutMs} ms`)),
    );
  }

  /** Hands the exchange what the client sent. A method that fails has refused. */
  async next(
    data: Uint8Array | undefined,
  ): Promise<AuthenticationSuccess | AuthenticationChallenge | Refusal> {
    const step = await this.#ask(data);
    if (isRefusal(step) || isSuccess(step)) this.end();
    return isRefusal(step) ? sendableRefusal(step) : step;
  }

  /** Forgets the running exchange. */
  end(): void {
    this.#exchange = undefined;
    this.#context.timers.cancel(this.#timer);
    this.#timer = undefined;
  }

  async #ask(data: Uint8Array | undefined): Promise<AuthenticationStep> {
    const { maximumAuthenticationRounds } = this.#context.options.limits;
    this.#rounds += 1;
    if (this.#rounds > maximumAuthenticationRounds) {
      return refusal(`authentication not complete after ${maximumAuthenticationRounds} rounds`);
    }
    try {
      const step: unknown = await this.#exchange?.next(data);
      return isStep(step) ? step : this.#failed(new TypeError(`answer is ${String(step)}`));
    } catch (cause) {
      return cause instanceof AuthenticationError ? refusal(cause.message) : this.#failed(cause);
    }
  }

  #failed(cause: unknown): Refusal {
    this.#context.logger.error(new HookError(`authentication method "${this.method.name}" failed`, cause));
    const code = cause instanceof PetrelError ? cause.reasonCode : undefined;
    return { reasonCode: code ?? reasonCode.implementationSpecificError };
  }
}

/** Tells success from a challenge. */
export function isSuccess(step: AuthenticationStep): step is AuthenticationSuccess {
  return isPrincipal((step as Partial<AuthenticationSuccess>).principal);
}

function refusal(reasonString: string): Refusal {
  return { reasonCode: reasonCode.notAuthorized, reasonString };
}

/** A misspelt principal must not look like a challenge, and data must be bytes. */
function isStep(step: unknown): step is AuthenticationStep {
  if (typeof step !== 'object' || step === null) return false;
  if (isRefusal(step)) return true;
  const { data, principal } = step as Partial<AuthenticationSuccess>;
  if (principal !== undefined && !isPrincipal(principal)) return false;
  return data === undefined || data instanceof Uint8Array;
}
