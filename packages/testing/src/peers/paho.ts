/** Eclipse Paho for Python, a client that shares no code with any other peer. */
import { spawnSync } from 'node:child_process';
import { findProgram, type Peer } from './find-program.js';

/**
 * A Python that can import `paho.mqtt.client`: the one in PETREL_PYTHON, else the system's own, since a package installs
 * there, else the first in the PATH.
 */
export function findPaho(): Peer {
  const hint = 'apt-get install python3-paho-mqtt';
  const found = findProgram({ name: 'Python', hint, files: ['python3'], variable: 'PETREL_PYTHON' }).path;
  const candidates = process.env.PETREL_PYTHON ? [found] : ['/usr/bin/python3', found];
  const path = candidates.find(
    (python) => python !== undefined && spawnSync(python, ['-c', 'import paho.mqtt.client']).status === 0,
  );
  return { name: 'Paho for Python', hint, path };
}
