/** Starts programs, waits until they are ready, and ends exactly what it started, by its pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { withDeadline } from './deadline.js';
import { freePort } from './free-port.js';

// A test that fails before its clean-up must not leave programs behind on the machine.
const running = new Set<ChildProcess>();
const endAll = () => {
  for (const child of running) child.kill('SIGKILL');
};
process.once('exit', endAll);
// The test runner ends its workers by a signal, which skips the exit event.
process.once('SIGTERM', () => {
  endAll();
  process.kill(process.pid, 'SIGTERM');
});

/** How a program tells that it is ready: loopback ports that accept connections, or a line of its output. */
export type Readiness = { readonly ports: readonly number[] } | { readonly line: RegExp };

/** A program to start. */
export interface LaunchOptions {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: ready as soon as it runs. */
  readonly ready?: Readiness;
  /** Default 15,000. */
  readonly readyTimeoutMs?: number;
}

/** How a program ended: by an exit code or by a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that this test started. */
export class LaunchedProcess {
  readonly pid: number;
  /** Settles when it ended and all its output has been read; never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #output = '';
  #exit: ProcessExit | undefined;

  /** Takes over a child that was just spawned with piped output; `launchProcess` does it. */
  constructor(child: ChildProcess) {
    this.#child = child;
    running.add(child);
    this.pid = child.pid ?? -1;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#collect(text);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#collect(text);
    });
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        running.delete(child);
        this.#exit = { code, signal };
        for (const watch of this.#watchers) watch();
        resolve(this.#exit);
      });
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Both streams, in the order of their arrival. */
  get output(): string {
    return this.#output;
  }

  /** How it ended; undefined while it runs. */
  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /**
   * The first match in the output, past or future (`pattern` without the g flag). Rejects when the program
   * ends without it or after `timeoutMs`, default 15,000; the error shows the output.
   */
  line(pattern: RegExp, timeoutMs = 15_000): Promise<RegExpExecArray> {
    let watch: () => void;
    const found = new Promise<RegExpExecArray>((resolve, reject) => {
      watch = () => {
        const match = pattern.exec(this.#output);
        if (match !== null) resolve(match);
        else if (this.#exit !== undefined)
          reject(new Error(this.#describe(`ended before it printed ${pattern}`)));
      };
      this.#watchers.add(watch);
      watch();
    });
    return withDeadline(found, timeoutMs, () => this.#describe(`did not print ${pattern}`)).finally(() =>
      this.#watchers.delete(watch),
    );
  }

  /** Calls `listener` with every complete line of its standard output, beginning with those already there. */
  followLines(listener: (line: string) => void): void {
    let read = 0;
    const watch = () => {
      for (let end = this.#stdout.indexOf('\n', read); end >= 0; end = this.#stdout.indexOf('\n', read)) {
        const line = this.#stdout.slice(read, end);
        read = end + 1;
        listener(line);
      }
    };
    this.#watchers.add(watch);
    watch();
  }

  /** Sends a signal to this one process; ignored after its end. */
  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#child.kill(signal);
  }

  /** Asks it to end with SIGTERM, and with SIGKILL when it has not ended after `graceMs` (default 5,000); may be called twice. */
  async stop(graceMs = 5000): Promise<ProcessExit> {
    this.signal('SIGTERM');
    const kill = setTimeout(() => this.signal('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(kill);
    return exit;
  }

  /** Ends it at once, as a crash would: SIGKILL, no clean-up. */
  async crash(): Promise<ProcessExit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** Writes to its standard input; `endInput` closes it. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  #collect(text: string): void {
    this.#output += text;
    for (const watch of this.#watchers) watch();
  }

  #describe(problem: string): string {
    const command = this.#child.spawnargs.join(' ');
    return `${command} ${problem}; its output:\n${this.#output.trimEnd() || '(nothing)'}`;
  }
}

/** Starts a program and waits until it is ready. Rejects when it cannot start, ends first, or is not ready in time. */
export async function launchProcess(options: LaunchOptions): Promise<LaunchedProcess> {
  const child = spawn(options.command, options.args ?? [], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const launched = new LaunchedProcess(child);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new Error(`cannot start ${options.command}: ${cause.message}`, { cause })),
    );
  });
  // A program that ended early takes nothing more; that its input broke is seen in its exit.
  child.stdin.on('error', () => {});
  const { ready, readyTimeoutMs = 15_000 } = options;
  try {
    if (ready !== undefined && 'line' in ready) await launched.line(ready.line, readyTimeoutMs);
    else for (const port of ready?.ports ?? []) await acceptsConnections(launched, port, readyTimeoutMs);
  } catch (error) {
    await launched.crash();
    throw error;
  }
  return launched;
}

/**
 * Starts a program on a free loopback port; `describe` gives the options for a port. Tries three ports, because
 * between finding a port and using it another program may take it.
 */
export async function launchOnFreePort(
  describe: (port: number) => LaunchOptions | Promise<LaunchOptions>,
): Promise<{ readonly launched: LaunchedProcess; readonly port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const options = await describe(port);
    try {
      return { launched: await launchProcess({ ready: { ports: [port] }, ...options }), port };
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function acceptsConnections(launched: LaunchedProcess, port: number, timeoutMs: number): Promise<void> {
  const stopTrying = Date.now() + timeoutMs;
  while (!(await canConnect(port))) {
    if (launched.exit !== undefined || Date.now() > stopTrying) {
      const problem =
        launched.exit === undefined ? 'does not accept connections' : 'ended before it was ready';
      throw new Error(`process ${launched.pid} ${problem} on port ${port}; its output:\n${launched.output}`);
    }
    // A port gives no event when it opens: asking again is all there is.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
