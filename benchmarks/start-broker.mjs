/** Starts the broker to be measured in a process of its own, on a core of its own where the system allows that. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const clockTicksPerSecond = 100;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The command line of each broker that can be compared. */
function commandOf(name, port, nodeArguments) {
  if (name === 'mosquitto') {
    const file = join(mkdtempSync(join(tmpdir(), 'benchmark-')), 'mosquitto.conf');
    const unlimited = 'max_inflight_messages 0\nmax_queued_messages 0\n';
    writeFileSync(
      file,
      `listener ${port} 127.0.0.1\nallow_anonymous true\nlog_dest none\n${unlimited}set_tcp_nodelay true\n`,
    );
    return ['mosquitto', ['-c', file]];
  }
  const script = fileURLToPath(new URL(`brokers/${name}.mjs`, import.meta.url));
  return [process.execPath, [...nodeArguments, script, String(port)]];
}

async function reachable(port) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const outcome = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (outcome) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no broker on port ${port}`);
}

/** Starts a broker: its port, the CPU time it has used, its memory, and how to stop it. */
export async function startBroker(name, { nodeArguments = [], cwd } = {}) {
  const port = await freePort();
  const [command, args] = commandOf(name, port, nodeArguments);
  const pinned = process.platform === 'linux' ? ['taskset', ['-c', '0', command, ...args]] : [command, args];
  const child = spawn(...pinned, {
    stdio: ['ignore', 'ignore', name === 'mosquitto' ? 'ignore' : 'inherit'],
    cwd,
  });
  await reachable(port);
  const read = (file) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    port,
    /** Seconds of user and system time. */
    cpuSeconds() {
      const fields = read('stat')
        .slice(read('stat').lastIndexOf(')') + 2)
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
    },
    residentBytes: () => Number(read('statm').split(' ')[1]) * 4096,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
