/** `petrel passwd`: the users in a password file. */
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import {
  assertUserName,
  deriveScramCredentials,
  hashPassword,
  parsePasswordTable,
  withUser,
  writeScram,
} from '@petrel/broker';
import { UsageError } from '@petrel/protocol';
import { type Command, readOperands } from '../command.js';
import { readArguments, type Spellings } from '../read-arguments.js';

const options = {
  delete: { type: 'boolean', short: 'D' },
  scram: { type: 'boolean' },
} as const;

/** What mosquitto_passwd has, and what is done here. */
const spellings: Spellings = {
  absent: {
    c: 'the file is made if it is not there, and nobody in it is lost if it is',
    b: 'everybody on this machine sees what is on a command line: echo "$SECRET" | petrel passwd FILE USER',
    H: 'passwords are hashed by scrypt',
    U: 'a file with passwords in the clear is not taken; add its users one by one',
  },
};

/** The command `passwd`. */
export const passwdCommand: Command = {
  summary: 'add, change or delete a user of a password file',
  options,
  operands: 'file',
  help: `petrel passwd [options] <file> <user>

Asks for a password and writes it, as a hash (scrypt), into the file that the configuration names under
authentication: [{ type: password-file, file: … }]. The file is made if it is not there, and only you can read it.
A running broker takes it at its next SIGHUP. Without a terminal the password is a line of standard input:

  echo "$SECRET" | petrel passwd passwords anna

  -D, --delete               take the user out
      --scram                let the user log in by SCRAM-SHA-256 as well; a stolen file is easier to guess from then`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options, spellings);
    const [file = '', user = ''] = readOperands(positionals, 'file', 'user');
    assertUserName(user, '<user>');
    const text = await readFileIfThere(file);
    const isThere = readTable(text, file).has(user);
    if (values.delete === true) {
      if (!isThere) throw new UsageError(`${file} has no user "${user}"`);
      await replaceFile(file, withUser(text, user, undefined));
      terminal.out(`${user} is deleted`);
      return;
    }
    const password = await terminal.readNewSecret(`Password for ${user}: `);
    if (password === '') throw new UsageError('a password must not be empty');
    const fields = [user, await hashPassword(password)];
    if (values.scram === true) fields.push(writeScram(await deriveScramCredentials(password)));
    await replaceFile(file, withUser(text, user, fields.join(':')));
    terminal.out(`${user} is ${isThere ? 'changed' : 'added'}`);
  },
};

/** A file that is damaged is not written over. */
function readTable(text: string, file: string) {
  try {
    return parsePasswordTable(text);
  } catch (cause) {
    throw new UsageError(`${file}: ${(cause as Error).message}`, { cause });
  }
}

async function readFileIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new UsageError((cause as Error).message, { cause });
  }
}

/** A broker that reads meanwhile sees the old file or the new one, and nothing between. */
async function replaceFile(file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}.new`;
  try {
    await writeFile(next, text, { mode: 0o600, flag: 'wx' });
    await chmod(next, 0o600);
    await rename(next, file);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}
