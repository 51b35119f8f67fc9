/** What a test is: statements, a title, and a function that throws when the other end breaks one of them. */
import type { TestedVersion } from './statements.js';

/** The statements that a test proves, by version; it runs once for each version that is named. */
export interface ProvenStatements {
  readonly v5?: string | readonly string[];
  readonly v311?: string | readonly string[];
}

/** One test of one version. */
export interface ConformanceTest<Context> {
  readonly version: TestedVersion;
  readonly ids: readonly string[];
  readonly title: string;
  /** About how long only time can decide it; 0 for all others. */
  readonly seconds: number;
  readonly run: (context: Context) => Promise<void>;
}

/** Defines a test, once for each version. `seconds`: see `ConformanceTest`. */
export function defineTest<Context>(
  proven: ProvenStatements,
  title: string,
  run: (context: Context) => Promise<void>,
  options: { readonly seconds?: number } = {},
): readonly ConformanceTest<Context>[] {
  const perVersion: readonly (readonly [TestedVersion, string | readonly string[] | undefined])[] = [
    [5, proven.v5],
    [4, proven.v311],
  ];
  return perVersion.flatMap(([version, ids]) =>
    ids === undefined ? [] : [{ version, ids: [ids].flat(), title, seconds: options.seconds ?? 0, run }],
  );
}

/** The tests of an end that match `--only` and `--version`. */
export function selectTests<Context>(
  tests: readonly ConformanceTest<Context>[],
  selection: { readonly version?: TestedVersion | undefined; readonly only?: string | undefined },
): readonly ConformanceTest<Context>[] {
  const { version, only } = selection;
  return tests.filter(
    (test) =>
      (version === undefined || test.version === version) && (only === undefined || test.ids.includes(only)),
  );
}

/** Thrown by a test whose statement says nothing about this implementation, such as one without the feature. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}
