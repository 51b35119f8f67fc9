/** A C compiler, for programs that are compiled where they run. */
import { findProgram, type Peer } from './find-program.js';

/** The C compiler of the system. `hint`: how to get it together with what else the program needs. */
export function findCCompiler(hint = 'apt-get install gcc libc6-dev'): Peer {
  return findProgram({ name: 'C compiler', hint, files: ['cc', 'gcc', 'clang'], variable: 'PETREL_CC' });
}
