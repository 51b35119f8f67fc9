/** Eclipse Paho for Python, a client that shares no code with any other peer. */
import { spawnSync } from 'node:child_process';
import { findProgram, type Peer } from './find-program.js';

/** A Python that can import `paho.mqtt.client`; the system's own is asked first, since a package installs there. */
export function findPaho(): Peer {
  const hint = 'apt-get install python3-paho-mqtt';
  const candidates = [
    '/usr/bin/python3',
    findProgram({ name: 'Python', hint, files: ['python3'], variable: 'PETREL_PYTHON' }).path,
  ];
  const path = candidates.find(
    (python) => python !== undefined && spawnSync(python, ['-c', 'import paho.mqtt.client']).status === 0,
  );
  return { name: 'Paho for Python', hint, path };
}
