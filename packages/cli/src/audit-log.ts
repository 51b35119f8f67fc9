/** Who came, who went, and who was refused what: a file of JSON lines. Never a password or a payload. */
import { appendFile } from 'node:fs/promises';
import type { BrokerObserver, Client } from '@petrel/broker';
import type { AdminAction } from '@petrel/broker/admin';
import { PetrelError } from '@petrel/protocol';
import { destination, type Logger as PinoLogger, pino } from 'pino';
import { ConfigurationError } from './errors.js';
import { jsonLines } from './log.js';

/** Bytes that may wait for the disk; lines beyond are dropped, so that a disk that stands still stops nobody. */
const mostWaitingBytes = 4_194_304;

/** Also of a file that is begun anew: names and addresses of clients are in it. */
const fileMode = 0o600;

/** An open audit log. */
export class AuditLog {
  readonly #destination: ReturnType<typeof destination>;
  readonly #log: PinoLogger;

  private constructor(file: string) {
    this.#destination = destination({
      dest: file,
      append: true,
      sync: false,
      maxLength: mostWaitingBytes,
      mode: fileMode,
    });
    this.#log = pino(jsonLines, this.#destination);
  }

  /** Rejects with ConfigurationError where the file cannot be written. */
  static async open(file: string, onError: (error: Error) => void): Promise<AuditLog> {
    try {
      await appendFile(file, '', { mode: fileMode });
    } catch (cause) {
      const message = `"log.auditFile" cannot be written: ${(cause as Error).message}`;
      throw new ConfigurationError([{ source: file, path: 'log.auditFile', message }]);
    }
    const audit = new AuditLog(file);
    audit.#destination.on('error', onError);
    return audit;
  }

  /** To be given to createBroker. */
  get observer(): BrokerObserver {
    return {
      connected: (client, { sessionPresent }) =>
        this.#log.info({ event: 'login', ...who(client), sessionPresent }),
      disconnected: (client, { reasonCode, byClient, cause }) =>
        this.#log.info({
          event: 'logout',
          ...who(client),
          reasonCode,
          byClient,
          // Why the broker ended it, in words.
          ...(!byClient && cause instanceof PetrelError && { reason: cause.message }),
        }),
      refused: ({ principalName: principal, ...event }) =>
        this.#log.warn({ event: 'refused', principal, ...event }),
    };
  }

  /** To be given to openAdminServer. */
  readonly onAction = ({ status, ...action }: AdminAction): void => {
    const entry = { event: 'admin', ...action, status };
    if (status >= 400) this.#log.warn(entry);
    else this.#log.info(entry);
  };

  /** The file was moved away: goes on in a new one of the same name. */
  reopen(): void {
    this.#destination.reopen();
  }

  /** Resolves when everything is written. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#destination.once('close', resolve);
      this.#destination.end();
    });
  }
}

function who({ clientIdentifier, principal, userName, protocolVersion, transport, remoteAddress }: Client) {
  return {
    clientIdentifier,
    principal: principal?.name,
    userName,
    protocolVersion,
    transport,
    remoteAddress,
  };
}
