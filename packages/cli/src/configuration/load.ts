/** From a configuration file to the options of a broker, or to all that is wrong with it. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type BrokerOptions, checkBrokerOptions } from '@petrel/broker';
import { type AdminServerOptions, shortestToken } from '@petrel/broker/admin';
import { PetrelError } from '@petrel/protocol';
import { ConfigurationError } from '../errors.js';
import { checkTracing } from '../tracing.js';
import { type AssembledConfiguration, assembleConfiguration, type ConfigurationSources } from './assemble.js';
import { toAuthentication } from './authenticators.js';
import { accessOfBridges, type RemoteBridge, toBridges } from './bridges.js';
import { toBrokerOptions } from './broker-options.js';
import { pathText, type Report, type ValuePath } from './check-value.js';
import { NamedFiles } from './named-files.js';
import type { Place, Problem } from './problem.js';
import type { Configuration } from './schema.js';

/** What to load. */
export interface LoadRequest extends Pick<ConfigurationSources, 'environment' | 'arguments'> {
  /** Undefined: everything has its default, or comes from the environment and the command line. */
  readonly file?: string | undefined;
}

/** A configuration that a broker can start with. */
export interface LoadedConfiguration {
  readonly configuration: Configuration;
  readonly options: Omit<BrokerOptions, 'logger'>;
  readonly bridges: readonly RemoteBridge[];
  readonly admin: AdminServerOptions | undefined;
  /** What paths in it are relative to. */
  readonly folder: string;
  /** Where a setting stands. */
  placeOf(path: ValuePath): Place;
}

/** Loads a configuration without starting anything; rejects with ConfigurationError, which has every problem. */
export async function loadConfiguration(request: LoadRequest): Promise<LoadedConfiguration> {
  const { file } = request;
  const text = file === undefined ? undefined : await readText(file);
  const assembled = assembleConfiguration({
    ...request,
    file: file === undefined || text === undefined ? undefined : { name: file, text },
  });
  const { configuration, placeOf } = assembled;
  const problems: Problem[] = [...assembled.problems];
  if (problems.length > 0) throw new ConfigurationError(problems);
  const report = (path: ValuePath, message: string) =>
    void problems.push({ ...placeOf(path), path: pathText(path), message: `"${pathText(path)}" ${message}` });
  const folder = file === undefined ? process.cwd() : dirname(resolve(file));
  const files = new NamedFiles(folder, report);
  const admin = await toAdmin(configuration.admin, files, report);
  checkTracing(configuration.tracing, report);
  const bridges = await toBridges(configuration.bridges ?? [], files, report);
  const authentication = await toAuthentication(configuration.authentication ?? [], files, report);
  const options = withBridges(await toBrokerOptions(configuration, authentication, files), bridges);
  if (problems.length === 0) problems.push(...refusalOf(options, assembled));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return { configuration, options, bridges, admin, folder, placeOf };
}

async function toAdmin(
  admin: Configuration['admin'],
  files: NamedFiles,
  report: Report,
): Promise<AdminServerOptions | undefined> {
  if (admin === undefined) return undefined;
  const { tokenFile, ...rest } = admin;
  const token = await files.readLine(tokenFile, ['admin', 'tokenFile']);
  if (token.length < shortestToken)
    report(
      ['admin', 'tokenFile'],
      `has a token of ${token.length} characters; at least ${shortestToken} are needed`,
    );
  return { ...rest, token };
}

/** Where rules say who may do what, bridges may do what they are for. */
function withBridges(
  options: Omit<BrokerOptions, 'logger'>,
  bridges: readonly RemoteBridge[],
): Omit<BrokerOptions, 'logger'> {
  const { access } = options;
  if (access === undefined || bridges.length === 0) return options;
  return { ...options, access: { ...access, rules: [...(access.rules ?? []), ...accessOfBridges(bridges)] } };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const message = `the file cannot be read: ${(cause as Error).message}`;
    throw new ConfigurationError([{ source: file, path: '', message }]);
  }
}

/** What createBroker itself would say, with the place that its words lead to. */
function refusalOf(options: BrokerOptions, { placeOf }: AssembledConfiguration): readonly Problem[] {
  try {
    checkBrokerOptions(options);
    return [];
  } catch (error) {
    if (!(error instanceof PetrelError)) throw error;
    const [, name = ''] = /^option "([^"]+)"/.exec(error.message) ?? [];
    const path = name
      .split(/[.[\]]+/)
      .filter(Boolean)
      .map((each) => (/^\d+$/.test(each) ? Number(each) : each));
    return [{ ...placeOf(path), path: name, message: inWordsOfTheFile(error) }];
  }
}

/** The broker speaks to programs, which have hooks. */
function inWordsOfTheFile({ code, message }: PetrelError): string {
  const words = message.replace(/^option /, '');
  if (code !== 'PETREL_LISTEN_EXPOSED') return words;
  return words.replace(
    /set hooks\.authenticate, or .*$/,
    'set up "authentication", or say allowAnonymous: true (--allow-anonymous lets everybody in who can reach it)',
  );
}
