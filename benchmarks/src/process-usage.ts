/** What a process has used so far, as Linux counts it. */
import { readFileSync } from 'node:fs';

/** Of all threads of one process. */
export interface ProcessUsage {
  /** User and system time, in steps of 10 ms. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
}

const clockTicksPerSecond = 100;

/** Reads `/proc`; undefined where there is none, or no such process. */
export function processUsageOf(pid: number): ProcessUsage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // The name may contain spaces and parentheses: fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond,
      residentBytes: kilobytesOf('VmRSS', status) * 1024,
      peakResidentBytes: kilobytesOf('VmHWM', status) * 1024,
    };
  } catch {
    return undefined;
  }
}

function kilobytesOf(name: string, status: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN);
}
