/** What a broker says: lines for people, or JSON for programs. Never a payload or a secret, since the broker gives it none. */
import type { Logger } from '@petrel/broker';
import { pino, stdTimeFunctions } from 'pino';
import { visibleLine } from './visible-text.js';

/** From the least urgent to the most. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** A chain of causes may be a ring. */
const mostCauses = 5;

/** How to say it. */
export interface LogOptions {
  /** Asked for every line, since it may change while the broker runs. */
  readonly level: () => LogLevel;
  readonly format: 'text' | 'json';
  readonly say: (line: string) => void;
}

/** Names and time in every JSON line of this program. */
export const jsonLines = {
  // No process and no host: who collects the lines knows them.
  base: null,
  timestamp: stdTimeFunctions.isoTime,
  formatters: { level: (label: string) => ({ level: label }) },
} as const;

/** The logger of a broker, and of its operator. */
export interface Log extends Logger {
  /** Says it whatever the level is: somebody asked. */
  answer(level: LogLevel, message: string): void;
}

/** Makes one. */
export function createLog({ level, format, say }: LogOptions): Log {
  const write = format === 'json' ? jsonWriter(say) : textWriter(say);
  const at = (each: LogLevel) => (message: unknown) => {
    if (levels.indexOf(each) > levels.indexOf(level())) return;
    // What clients call themselves and their topics is in it, and must not make up lines of its own.
    write(each, format === 'json' ? message : visibleLine(wordsOf(message)));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), answer: write };
}

function textWriter(say: (line: string) => void) {
  return (_level: LogLevel, message: unknown) => say(wordsOf(message));
}

function wordsOf(message: unknown): string {
  return message instanceof Error ? wholeMessage(message) : String(message);
}

/** An error and what it comes from, each said once: "the hook failed" alone helps nobody. */
function wholeMessage(error: Error): string {
  let words = error.message;
  let { cause } = error;
  for (let depth = 0; cause instanceof Error && depth < mostCauses; depth++) {
    if (!words.includes(cause.message)) words += `: ${cause.message}`;
    ({ cause } = cause);
  }
  return words;
}

function jsonWriter(say: (line: string) => void) {
  const log = pino({ ...jsonLines, level: 'debug' }, { write: (line: string) => say(line.trimEnd()) });
  return (level: LogLevel, message: unknown) => {
    if (message instanceof Error)
      log[level]({ err: message, code: (message as { code?: unknown }).code }, message.message);
    else log[level](String(message));
  };
}
