/** systemd's own check of unit files. It needs no running systemd. */
import { findProgram, type Peer } from './find-program.js';

/** The program `systemd-analyze`. */
export function findSystemdAnalyze(): Peer {
  return findProgram({
    name: 'systemd-analyze',
    hint: 'apt-get install systemd',
    files: ['systemd-analyze'],
    variable: 'PETREL_SYSTEMD_ANALYZE',
  });
}
