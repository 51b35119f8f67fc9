/** The files that a configuration names: their paths are relative to its own folder. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Report, ValuePath } from './check-value.js';

/** Reads them, and reports those that cannot be read. */
export class NamedFiles {
  readonly #folder: string;
  readonly #report: Report;

  constructor(folder: string, report: Report) {
    this.#folder = folder;
    this.#report = report;
  }

  resolve(file: string): string {
    return resolve(this.#folder, file);
  }

  /** Empty where the file cannot be read, which is reported. */
  async read(file: string, path: ValuePath): Promise<string> {
    try {
      return await readFile(this.resolve(file), 'utf8');
    } catch (cause) {
      this.#report(path, `cannot be read: ${(cause as Error).message}`);
      return '';
    }
  }

  /** A secret without the line end that editors put behind it. */
  async readLine(file: string, path: ValuePath): Promise<string> {
    return (await this.read(file, path)).replace(/\r?\n$/, '');
  }
}
