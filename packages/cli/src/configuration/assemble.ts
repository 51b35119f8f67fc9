/** Puts a configuration together: file, then environment, then command line, each winning over the one before; checks the whole. */
import { checkValue, pathText, type ValuePath } from './check-value.js';
import { findContradictions } from './contradictions.js';
import { readEnvironment } from './environment.js';
import type { Place, Problem } from './problem.js';
import { type Configuration, configurationRule } from './schema.js';
import { show } from './words.js';
import { readYaml } from './yaml-text.js';

/** Where settings come from. */
export interface ConfigurationSources {
  readonly file?: { readonly name: string; readonly text: string } | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** By the option that gave it, such as `--port`. */
  readonly arguments?: readonly {
    readonly option: string;
    readonly path: ValuePath;
    readonly value: unknown;
  }[];
}

/** A configuration that was put together; it may be used when there are no problems. */
export interface AssembledConfiguration {
  readonly configuration: Configuration;
  readonly problems: readonly Problem[];
  /** Where a setting, or the nearest one around it, was given. */
  placeOf(path: ValuePath): Place;
}

/** Reads and checks all sources. Touches no file. */
export function assembleConfiguration(sources: ConfigurationSources): AssembledConfiguration {
  const { file, environment = {} } = sources;
  const whole: Place = { source: file?.name ?? 'configuration' };
  const yaml = file === undefined ? undefined : readYaml(file.text, file.name);
  const problems: Problem[] = [...(yaml?.problems ?? [])];
  const places = new Map(yaml?.places);
  const placeOf = (path: ValuePath): Place => {
    for (let length = path.length; length > 0; length--) {
      const place = places.get(pathText(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return whole;
  };
  const report = (path: ValuePath, message: string) =>
    void problems.push({ ...placeOf(path), path: pathText(path), message });

  // An empty file is a configuration in which everything has its default.
  const written = yaml?.value ?? {};
  if (typeof written !== 'object' || Array.isArray(written)) {
    report([], `a configuration must be a set of named values, got ${show(written)}`);
    return { configuration: {}, problems, placeOf };
  }
  const values = written as Record<string, unknown>;
  const fromEnvironment = readEnvironment(configurationRule, environment);
  problems.push(...fromEnvironment.problems);
  for (const { variable, path, value } of fromEnvironment.settings) {
    setValue(values, path, value);
    places.set(pathText(path), { source: variable });
  }
  for (const { option, path, value } of sources.arguments ?? []) {
    setValue(values, path, value);
    places.set(pathText(path), { source: option });
  }
  if (problems.length === 0) checkValue(configurationRule, values, [], report);
  const configuration = values as Configuration;
  // What is wrong by itself need not fit to the rest.
  if (problems.length === 0) findContradictions(configuration, report);
  return { configuration, problems, placeOf };
}

/** Paths are those of the rules, so no name is one that objects have by themselves. */
function setValue(values: Record<string, unknown>, path: ValuePath, value: unknown): void {
  let at = values;
  for (const name of path.slice(0, -1)) {
    const inner = at[name];
    if (typeof inner === 'object' && inner !== null) at = inner as Record<string, unknown>;
    else at = at[name] = {};
  }
  at[path.at(-1) as string] = value;
}
