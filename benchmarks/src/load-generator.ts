/** The load generator: built from its C sources when they are newer than what was built, and run once for each measurement. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCCompiler } from '@petrel/testing';
import { canPin, cores, launchPinned } from './pinned-process.js';

/** What the generator is told; the names are its options, and what they mean stands in `load-generator/settings.h`. */
export interface Load {
  readonly mode?: 'load' | 'idle' | 'retained' | 'stored';
  readonly topology?: 'pairs' | 'fan' | 'shared';
  readonly filters?: 'exact' | 'mixed' | 'one';
  readonly transport?: Transport;
  readonly version?: 4 | 5;
  readonly qos?: 0 | 1 | 2;
  readonly publishers?: number;
  readonly subscribers?: number;
  readonly frozen?: number;
  readonly outstanding?: number;
  readonly rate?: number;
  readonly payload?: number;
  readonly keepAlive?: number;
  readonly topics?: number;
  readonly depth?: number;
  readonly messages?: number;
  readonly properties?: 0 | 1;
  readonly persistent?: 0 | 1;
  readonly flood?: 0 | 1;
  readonly spin?: 0 | 1;
  readonly warmUp?: number;
  readonly seconds?: number;
  readonly atLeast?: number;
  readonly patience?: number;
}

/** How clients reach a broker. */
export type Transport = 'tcp' | 'tls' | 'websocket';

/** What one run says of itself. */
export interface LoadResult {
  /** Messages that arrived or were acknowledged, or connections that were made, in `seconds`. */
  readonly delivered: number;
  readonly seconds: number;
  readonly brokerCpuSeconds: number;
  /** Near `seconds`, the generator was the bottleneck. */
  readonly generatorBusySeconds: number;
  /** CPU time of everything else on the machine: much of it, and the figures are not to be trusted. */
  readonly otherCpuSeconds: number;
  readonly residentBytesBefore: number;
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
  readonly latencyNs?: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly maximum: number;
  };
  readonly lost: number;
  readonly duplicates: number;
  readonly reordered: number;
}

/** A run that could not be finished, or in which messages were lost, repeated or reordered. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

/** The program, ready to be run. */
export interface LoadGenerator {
  readonly path: string;
  readonly hasTls: boolean;
}

const sources = fileURLToPath(new URL('../load-generator', import.meta.url));
const built = fileURLToPath(new URL('../.build', import.meta.url));

/** Builds what is not built yet. Throws LoadError without a C compiler, or with what the compiler said. */
export function buildLoadGenerator(): LoadGenerator {
  const compiler = findCCompiler();
  if (process.platform !== 'linux')
    throw new LoadError('the load generator needs Linux: it is made of epoll and /proc');
  if (compiler.path === undefined)
    throw new LoadError(`the load generator is written in C, and there is no C compiler: ${compiler.hint}`);
  const files = readdirSync(sources).map((file) => join(sources, file));
  const newest = Math.max(...files.map((file) => statSync(file).mtimeMs));
  mkdirSync(built, { recursive: true });
  const hasTls = findsOpenSsl(compiler.path);
  const path = join(built, hasTls ? 'load-generator-tls' : 'load-generator');
  if (!existsSync(path) || statSync(path).mtimeMs < newest)
    compile(compiler.path, [
      ...(hasTls ? ['-DWITH_TLS'] : []),
      ...files.filter((file) => file.endsWith('.c')),
      '-o',
      path,
      ...(hasTls ? ['-lssl', '-lcrypto'] : []),
    ]);
  return { path, hasTls };
}

function compile(compiler: string, args: readonly string[]): void {
  const flags = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Wshadow', '-Wconversion', '-Werror'];
  const { status, stderr } = spawnSync(compiler, [...flags, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new LoadError(`cannot compile the load generator:\n${stderr}`);
}

function findsOpenSsl(compiler: string): boolean {
  const input =
    '#include <openssl/ssl.h>\nint main(void) { return SSL_CTX_new(TLS_client_method()) == 0; }\n';
  const { status } = spawnSync(compiler, ['-xc', '-', '-lssl', '-lcrypto', '-o', '/dev/null'], { input });
  return status === 0;
}

/** One measurement of the broker on a loopback port; `pid`: whose CPU time and memory are read. Rejects with LoadError. */
export async function runLoad(
  { path }: LoadGenerator,
  load: Load,
  broker: { readonly port: number; readonly pid?: number },
): Promise<LoadResult> {
  // Where it has a core for itself it never sleeps: a broker that wakes another core with each write is measured by what that costs.
  const spin = canPin() ? 1 : 0;
  const args = loadArguments({ spin, ...load }, broker);
  const launched = await launchPinned({ command: path, args }, cores.load);
  const { code } = await launched.exited;
  if (code === 0) return JSON.parse(launched.stdout) as LoadResult;
  throw new LoadError(
    launched.stderr.trim().replace(/^load-generator: /, '') || `the load generator ended with ${code}`,
  );
}

/** The command line of a load. */
export function loadArguments(
  load: Load,
  broker: { readonly port: number; readonly pid?: number },
): string[] {
  const all = { port: broker.port, 'broker-pid': broker.pid ?? 0, ...load };
  return Object.entries(all).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
}
