/** Starts the processes of the house, starts one again that ends by itself, and stops all of them in order. */
import { type ChildProcess, fork } from 'node:child_process';
import type { URL } from 'node:url';

export interface Program {
  name: string;
  /** The module that runs as a process of its own; it calls `reportReady`. */
  module: URL;
  args?: readonly string[];
}

export interface SupervisorOptions {
  /** One line for the person who watches. */
  log: (line: string) => void;
  /** Before a process that ended is started again; default 1,500 ms. */
  restartDelayMs?: number;
  /** Time a process has to stop before it is killed; default 5,000 ms. */
  graceMs?: number;
}

interface Running {
  program: Program;
  child: ChildProcess;
  /** Settles when the present process has ended. */
  ended: Promise<void>;
  restart?: NodeJS.Timeout;
}

export class Supervisor {
  readonly #log: (line: string) => void;
  readonly #restartDelayMs: number;
  readonly #graceMs: number;
  readonly #running: Running[] = [];
  #stopped: Promise<void> | undefined;

  constructor({ log, restartDelayMs = 1_500, graceMs = 5_000 }: SupervisorOptions) {
    this.#log = log;
    this.#restartDelayMs = restartDelayMs;
    this.#graceMs = graceMs;
  }

  /** Starts a program and waits until it is ready; rejects when it ends before. From then on it is kept running. */
  async start(program: Program): Promise<void> {
    if (this.#stopped !== undefined)
      throw new Error(`cannot start ${program.name}: everything is being stopped`);
    const running = this.#launch(program);
    this.#running.push(running);
    const ready = await new Promise<boolean>((resolve) => {
      running.child.once('message', () => resolve(true));
      void running.ended.then(() => resolve(false));
    });
    if (!ready) {
      this.#running.splice(this.#running.indexOf(running), 1);
      throw new Error(`${program.name} ended before it was ready`);
    }
    this.#keepRunning(running);
  }

  /** Process ids of what runs now, by name. */
  get pids(): Record<string, number> {
    return Object.fromEntries(
      this.#running.flatMap(({ program, child }) =>
        child.pid === undefined ? [] : [[program.name, child.pid]],
      ),
    );
  }

  /** Stops all, the last started first. May be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      for (const running of this.#running.toReversed()) {
        clearTimeout(running.restart);
        await this.#stopOne(running);
      }
    })();
    return this.#stopped;
  }

  #launch(program: Program): Running {
    const child = fork(program.module, program.args ?? []);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', (error) => {
        this.#log(`${program.name} cannot be started: ${error.message}`);
        resolve();
      });
    });
    return { program, child, ended };
  }

  #keepRunning(running: Running): void {
    void running.ended.then(() => {
      if (this.#stopped !== undefined) return;
      const { exitCode, signalCode } = running.child;
      const how = signalCode === null ? `with code ${exitCode}` : `by ${signalCode}`;
      this.#log(`${running.program.name} ended ${how}; it is started again`);
      running.restart = setTimeout(() => {
        const { child, ended } = this.#launch(running.program);
        Object.assign(running, { child, ended });
        child.once('message', () => this.#log(`${running.program.name} is back`));
        this.#keepRunning(running);
      }, this.#restartDelayMs);
    });
  }

  async #stopOne({ program, child, ended }: Running): Promise<void> {
    child.kill('SIGTERM');
    const kill = setTimeout(() => {
      this.#log(`${program.name} did not stop within ${this.#graceMs} ms; it is killed`);
      child.kill('SIGKILL');
    }, this.#graceMs);
    await ended;
    clearTimeout(kill);
  }
}
