/** What a library under test throws where nobody can catch it: its test has failed by then, the others still have to run. */

/** Runs while such errors are told to `say` instead of ending the process. */
export async function reportingUncaught<T>(say: (line: string) => void, run: () => Promise<T>): Promise<T> {
  const report = (error: unknown) => say(`uncaught: ${String(error)}`);
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
  try {
    return await run();
  } finally {
    process.off('uncaughtException', report);
    process.off('unhandledRejection', report);
  }
}
