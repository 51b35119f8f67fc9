/** Where the foreign programs are that tests run against, or why one is missing. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program that tests need and that is not part of this repository. */
export interface Peer {
  /** As people call it, such as "Mosquitto". */
  readonly name: string;
  /** Absolute path; undefined when it is not installed. */
  readonly path: string | undefined;
  /** How to get it, shown with the skip. */
  readonly hint: string;
}

/** Folder that `scripts/fetch-nats.sh` fills; ignored by git. */
export const peersFolder = fileURLToPath(new URL('../../../../.petrel/peers', import.meta.url));

/** Looks for a program in an environment variable, in the folders that are better than the PATH, in the PATH, and in some more folders, in this order. */
export function findProgram(search: {
  readonly name: string;
  readonly hint: string;
  /** File names, the best first. */
  readonly files: readonly string[];
  /** Environment variable with the path of the program, which overrides the search. */
  readonly variable: string;
  readonly foldersFirst?: readonly string[];
  readonly folders?: readonly string[];
}): Peer {
  const { name, hint } = search;
  const override = process.env[search.variable];
  if (override) {
    const missing = `${search.variable}=${override} is no program that can be run`;
    return isExecutable(override) ? { name, hint, path: override } : { name, hint: missing, path: undefined };
  }
  const folders = [
    ...(search.foldersFirst ?? []),
    ...(process.env.PATH ?? '').split(delimiter),
    ...(search.folders ?? []),
  ];
  for (const file of search.files) {
    const path = folders.map((folder) => join(folder, file)).find(isExecutable);
    if (path !== undefined) return { name, hint, path };
  }
  return { name, hint, path: undefined };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
