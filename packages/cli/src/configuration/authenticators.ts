/** Makes authenticators of the section `authentication`, in the order in which they stand there. */
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import {
  type AuthenticationMethod,
  type Authenticator,
  certificateAuthenticator,
  type PasswordTable,
  parsePasswordTable,
  passwordAuthenticator,
  readKeySet,
  scramSha256,
  tokenAuthenticator,
  webhookAuthenticator,
} from '@petrel/broker';
import type { Report, ValuePath } from './check-value.js';
import type { NamedFiles } from './named-files.js';
import type { Configuration } from './schema.js';

type MethodConfiguration = NonNullable<Configuration['authentication']>[number];

type Of<Type extends MethodConfiguration['type']> = Extract<MethodConfiguration, { type: Type }>;

/** Who is asked about a client, and what clients may name themselves. */
export interface Authentication {
  readonly chain: readonly Authenticator[];
  readonly methods: readonly AuthenticationMethod[];
}

/** What cannot be made is reported. */
export async function toAuthentication(
  configuration: readonly MethodConfiguration[],
  files: NamedFiles,
  report: Report,
): Promise<Authentication> {
  const chain: Authenticator[] = [];
  const methods: AuthenticationMethod[] = [];
  for (const [index, method] of configuration.entries()) {
    const path: ValuePath = ['authentication', index];
    try {
      if (method.type === 'scram')
        methods.push(await toScram(method, await readTable(method.file, files, path), files, path));
      else if (method.type === 'password-file')
        chain.push(passwordAuthenticator(await readTable(method.file, files, path)));
      else chain.push(await toAuthenticator(method, files, path));
    } catch (error) {
      report(path, `cannot be used: ${(error as Error).message}`);
    }
  }
  return { chain, methods };
}

async function toAuthenticator(
  method: Exclude<MethodConfiguration, { type: 'scram' | 'password-file' }>,
  files: NamedFiles,
  path: ValuePath,
): Promise<Authenticator> {
  switch (method.type) {
    case 'jwt':
      return toTokens(method, files);
    case 'webhook':
      return toWebhook(method, files, path);
    case 'certificate':
      return certificateAuthenticator(method);
    case 'module':
      return loadModule(files.resolve(method.file));
  }
}

async function readTable(file: string, files: NamedFiles, path: ValuePath): Promise<PasswordTable> {
  const text = await files.read(file, [...path, 'file']);
  try {
    return parsePasswordTable(text);
  } catch (cause) {
    throw new Error(`${file}: ${(cause as Error).message}`, { cause });
  }
}

async function toScram(
  { file, secretFile }: Of<'scram'>,
  table: PasswordTable,
  files: NamedFiles,
  path: ValuePath,
): Promise<AuthenticationMethod> {
  const [user] = [...table.values()].filter(({ scram }) => scram !== undefined);
  const first = user?.scram;
  if (user === undefined || first === undefined)
    throw new Error(`${file} has no user for SCRAM; petrel passwd --scram makes them`);
  const secret =
    secretFile === undefined
      ? // Of the hash that no client is told the salt of: a user can derive his own keys of SCRAM.
        createHash('sha256').update('salts of nobody').update(user.password.hash).digest()
      : Buffer.from(await files.read(secretFile, [...path, 'secretFile']));
  return scramSha256({
    lookup: (userName) => table.get(userName)?.scram,
    secret,
    iterations: first.iterations,
  });
}

async function toTokens(method: Of<'jwt'>, files: NamedFiles): Promise<Authenticator> {
  const { type: _, keysFile, keysUrl, ...rest } = method;
  if ((keysFile === undefined) === (keysUrl === undefined))
    throw new Error('it needs either "keysFile" or "keysUrl"');
  const keys = keysUrl === undefined ? await readKeySet(files.resolve(keysFile as string)) : new URL(keysUrl);
  return tokenAuthenticator({ ...rest, keys });
}

async function toWebhook(method: Of<'webhook'>, files: NamedFiles, path: ValuePath): Promise<Authenticator> {
  const { type: _, url, tokenFile, ...rest } = method;
  const token = tokenFile === undefined ? undefined : await files.readLine(tokenFile, [...path, 'tokenFile']);
  return webhookAuthenticator({ ...rest, url: new URL(url), token });
}

async function loadModule(file: string): Promise<Authenticator> {
  const { default: authenticator } = (await import(pathToFileURL(file).href)) as { default?: unknown };
  if (typeof authenticator === 'function') return authenticator as Authenticator;
  throw new Error(`${file} has no function as its default export`);
}
