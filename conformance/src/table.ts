/** The result of a run as text for a terminal. */
import { countStatuses, type RunResult, type StatementResult } from './results.js';

const idWidth = 16;
const statusWidth = 15;

/** One line per statement, and the counts of each version. */
export function formatTable(run: RunResult): string {
  const lines: string[] = [];
  for (const version of run.versions) {
    lines.push(`MQTT ${version.version}, ${run.role}: ${run.name}`, '');
    for (const statement of version.statements) lines.push(formatRow(statement));
    const counts = Object.entries(countStatuses(version)).filter(([, count]) => count > 0);
    lines.push('', counts.map(([status, count]) => `${count} ${status}`).join(', '), '');
  }
  for (const version of run.unsupported) lines.push(`${run.name} does not speak MQTT ${version}.`, '');
  return lines.join('\n');
}

function formatRow({ id, status, gist, reason }: StatementResult): string {
  const row = `${id.padEnd(idWidth)}${status.padEnd(statusWidth)}`;
  return status === 'passed' ? `${row}${gist}` : `${row}${reason}`;
}
