/** Eclipse Paho for C: a library, so a test brings a small program, which is compiled where it runs. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchProcess } from '../launch-process.js';
import { findCCompiler } from './c-compiler.js';
import { pathOf } from './describe-peer.js';
import type { Peer } from './find-program.js';

/** A C compiler that finds Paho's synchronous client and its library. */
export function findPahoC(): Peer {
  const hint = 'apt-get install gcc libc6-dev libpaho-mqtt-dev';
  const compiler = findCCompiler(hint);
  const links =
    compiler.path !== undefined &&
    spawnSync(compiler.path, ['-xc', '-', '-lpaho-mqtt3c', '-o', '/dev/null'], {
      input: '#include <MQTTClient.h>\nint main(void) { return MQTTClient_getVersionInfo() == 0; }\n',
    }).status === 0;
  return { name: 'Paho for C', hint, path: links ? compiler.path : undefined };
}

/** A program that `compilePahoC` has made. */
export interface CompiledProgram {
  readonly path: string;
  /** Removes it. */
  remove(): Promise<void>;
}

/** Compiles one source file against Paho's synchronous client; rejects with what the compiler said. */
export async function compilePahoC(source: string): Promise<CompiledProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'petrel-paho-c-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'client');
  const compiler = await launchProcess({
    command: pathOf(findPahoC()),
    args: ['-std=c11', '-D_POSIX_C_SOURCE=200809L', '-Wall', '-Werror', '-o', path, source, '-lpaho-mqtt3c'],
  });
  const { code } = await compiler.exited;
  if (code !== 0) {
    await remove();
    throw new Error(`cannot compile ${source}: ${compiler.output}`);
  }
  return { path, remove };
}
