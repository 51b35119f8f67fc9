/** Tests every broker that is installed here, records the results, and writes `docs/reference/conformance.md` from the records. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { comparedBrokers } from './brokers/index.js';
import { type RecordedRun, readRecord, toRecord, writeRecord } from './record.js';
import { renderReport } from './report-page.js';
import { runServer } from './run-server.js';

/** The page in the repository. */
export const reportFile = fileURLToPath(new URL('../../docs/reference/conformance.md', import.meta.url));

/** Runs all of it; `say` is told of each step. */
export async function writeReport(say: (line: string) => void): Promise<void> {
  for (const { key, missing, start } of comparedBrokers) {
    if (missing !== undefined) {
      say(`${key}: not installed (${missing}), its recorded result stays`);
      continue;
    }
    const running = await start();
    try {
      const record = toRecord(await runServer(running.name, running.target));
      await writeRecord(key, record);
      say(`${record.name}: tested`);
    } finally {
      await running.stop();
    }
  }
  await writeFile(reportFile, renderReport(recordedRuns(), checkedByHand()));
  say(`written: ${reportFile}`);
}

/** All records, in the order of the columns. */
export function recordedRuns(): readonly RecordedRun[] {
  return comparedBrokers.map(({ key }) => readRecord(key)).filter((record) => record !== undefined);
}

/** What was found out by hand about failures of brokers: statement and broker → how it was checked. */
export function checkedByHand(): ReadonlyMap<string, string> {
  const rows = readFileSync(new URL('../recorded/checked.tsv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  return new Map(
    rows.map((row) => {
      const [broker = '', version = '', id = '', how = ''] = row.split('\t');
      return [`${broker} ${version} ${id}`, how];
    }),
  );
}
