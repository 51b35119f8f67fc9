/**
 * Asks an HTTP service who a client is. It gets `{ clientIdentifier, userName, password, protocolVersion, transport, remoteAddress,
 * certificateNames }` in a POST and answers `{ "result": "allow" | "deny" | "next", "name", "groups", "expiresAt" }`.
 */
import { reasonCode } from '@petrel/protocol';
import { allCertificateNames } from '../access/certificate-names.js';
import { AuthenticatorError } from '../errors.js';
import type { AuthenticationRequest, Client, Principal, Refusal } from '../hooks.js';
import type { Authenticator } from './authentication-chain.js';
import { BoundedWork } from './bounded-work.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { RememberedAnswers } from './remembered-answers.js';
import { assertSafeUrl } from './safe-url.js';

/** Whom to ask, and how long an answer is good. */
export interface WebhookAuthenticatorOptions {
  /** `https:`, or `http:` to this machine: a password travels to it. */
  readonly url: URL;
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string | undefined;
  /** Milliseconds for one answer. Default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds that an answer is used again for the same question: credentials, address, transport and version; 0 = never. Default 60,000. */
  readonly cacheMs?: number | undefined;
  /** Failures in a row after which nobody is asked for a while. Default 5. */
  readonly maximumFailures?: number | undefined;
  /** Milliseconds of that while. Default 10,000. */
  readonly openForMs?: number | undefined;
}

type Verdict = Principal | false | 'next';

/** The same for every service: which one answered is of no matter, as none can be asked again. */
const credential = 'webhook:';

const atATime = 50;
const mayWait = 1_000;
const remembered = 10_000;
const maximumAnswerBytes = 65_536;

/** Leaves to the next authenticator whom the service answers with `next`; while it is away everybody is refused with 0x88. */
export function webhookAuthenticator(options: WebhookAuthenticatorOptions): Authenticator {
  const { url, cacheMs = 60_000, maximumFailures = 5, openForMs = 10_000 } = options;
  assertSafeUrl(url, 'url', 'passwords travel to it');
  const breaker = new CircuitBreaker({ maximumFailures, openForMs });
  const work = new BoundedWork(atATime, mayWait);
  const answers = new RememberedAnswers<Verdict>(remembered);
  const ask = async (request: AuthenticationRequest): Promise<Verdict | undefined> => {
    if (!breaker.mayAsk(Date.now())) return undefined;
    try {
      const verdict = await post(options, request);
      breaker.succeeded();
      return verdict;
    } catch (cause) {
      breaker.failed(Date.now());
      // Told each time that it was asked in vain, which the breaker makes rare.
      throw new AuthenticatorError(`the webhook at ${url.origin} does not answer as it should`, cause);
    }
  };
  const authenticate = async (request: AuthenticationRequest) => {
    const { clientIdentifier, userName, password, protocolVersion, transport, remoteAddress } = request;
    // All that the service is told: what it allows over TLS it may deny without.
    const key = answers.keyOf([
      clientIdentifier,
      userName,
      password,
      `${protocolVersion} ${transport}`,
      remoteAddress,
      ...certificateNamesOf(request),
    ]);
    const known = answers.get(key, Date.now());
    if (known !== undefined) return toAnswer(known);
    const verdict = await work.run(() => ask(request));
    if (verdict === undefined) return { reasonCode: reasonCode.serverUnavailable };
    if (cacheMs > 0) answers.set(key, verdict, endOf(verdict, Date.now() + cacheMs));
    return toAnswer(verdict);
  };
  return Object.assign(authenticate, {
    // Nobody can be asked without the password; `expiresAt` is how a service says for how long.
    stillValid: ({ principal }: Client) => principal?.credential === credential,
  });
}

function toAnswer(verdict: Verdict): Principal | false | Refusal | undefined {
  return verdict === 'next' ? undefined : verdict;
}

/** An answer is not good for longer than its principal. */
function endOf(verdict: Verdict, until: number): number {
  const expiresAt = typeof verdict === 'object' ? verdict.expiresAt : undefined;
  return expiresAt === undefined ? until : Math.min(until, expiresAt);
}

async function post(
  { url, token, timeoutMs = 5_000 }: WebhookAuthenticatorOptions,
  request: AuthenticationRequest,
): Promise<Verdict> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(questionOf(request)),
    // Credentials go where the operator said, and nowhere else.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`HTTP status ${response.status}`);
  }
  return readVerdict(await readBody(response));
}

function questionOf(request: AuthenticationRequest): object {
  const { clientIdentifier, userName, password, protocolVersion, transport, remoteAddress } = request;
  return {
    clientIdentifier,
    userName,
    // Binary data by the standard; every byte is one character here, and text stays text.
    password: password === undefined ? undefined : readText(password),
    protocolVersion,
    transport,
    remoteAddress,
    certificateNames: certificateNamesOf(request),
  };
}

function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

function certificateNamesOf({ peerCertificate }: AuthenticationRequest): readonly string[] {
  return peerCertificate === undefined ? [] : allCertificateNames(peerCertificate);
}

async function readBody(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > maximumAnswerBytes) throw new Error(`an answer of more than ${maximumAnswerBytes} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** Anything but a clear word is a failure of the service. */
function readVerdict(answer: unknown): Verdict {
  const { result, name, groups, expiresAt } = (answer ?? {}) as Record<string, unknown>;
  if (result === 'deny') return false;
  if (result === 'next') return 'next';
  const isPrincipal =
    result === 'allow' &&
    typeof name === 'string' &&
    name !== '' &&
    (groups === undefined || (Array.isArray(groups) && groups.every((each) => typeof each === 'string'))) &&
    (expiresAt === undefined || Number.isFinite(expiresAt));
  if (!isPrincipal) throw new TypeError('the answer has no "result", or no "name" where it allows');
  return {
    name: name as string,
    credential,
    groups: groups as string[] | undefined,
    expiresAt: expiresAt as number | undefined,
  };
}
