/** Tests every broker and client that is installed here, records the results, and writes `docs/reference/conformance.md` from the records. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ComparedBroker, comparedBrokers } from './brokers/index.js';
import { comparedClients } from './clients/index.js';
import { type RecordedRun, readRecord, toRecord, writeRecord } from './record.js';
import { renderReport } from './report-page.js';
import { runClient } from './run-client.js';
import { runServer } from './run-server.js';
import { reportingUncaught } from './uncaught-errors.js';

/** The page in the repository. */
export const reportFile = fileURLToPath(new URL('../../docs/reference/conformance.md', import.meta.url));

/** Runs all of it; `say` is told of each step. */
export async function writeReport(say: (line: string) => void): Promise<void> {
  await reportingUncaught(say, async () => {
    for (const broker of comparedBrokers) await recordBroker(broker, say);
    for (const [key, adapter] of comparedClients) {
      await writeRecord(`client-${key}`, toRecord(await runClient(adapter)));
      say(`${adapter.name}, client: tested`);
    }
  });
  await writeFile(reportFile, renderReport(recordedRuns(), checkedByHand()));
  say(`written: ${reportFile}`);
}

async function recordBroker(
  { key, missing, start }: ComparedBroker,
  say: (line: string) => void,
): Promise<void> {
  if (missing !== undefined) {
    say(`${key}: not installed (${missing}), its recorded result stays`);
    return;
  }
  const running = await start();
  try {
    const record = toRecord(await runServer(running.name, running.target));
    await writeRecord(`server-${key}`, record);
    say(`${record.name}, server: tested`);
  } finally {
    await running.stop();
  }
}

/** All records, in the order of the columns, servers first. */
export function recordedRuns(): readonly RecordedRun[] {
  const keys = [
    ...comparedBrokers.map(({ key }) => `server-${key}`),
    ...[...comparedClients.keys()].map((key) => `client-${key}`),
  ];
  return keys.map(readRecord).filter((record) => record !== undefined);
}

/** How failures were checked by hand, by "role name version id"; a row of the table may name several statements. */
export function checkedByHand(): ReadonlyMap<string, string> {
  const rows = readFileSync(new URL('../recorded/checked.tsv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  return new Map(
    rows.flatMap((row) => {
      const [role = '', name = '', version = '', ids = '', how = ''] = row.split('\t');
      return ids.split(' ').map((id) => [`${role} ${name} ${version} ${id}`, how] as const);
    }),
  );
}
