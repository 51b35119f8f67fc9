/** `petrel store`: looks into a broker's data folder, checks it, backs it up, puts a backup back. */
import {
  copyDataFolder,
  type DataFolderSummary,
  type FolderToolOptions,
  inspectDataFolder,
  verifyDataFolder,
} from '@petrel/broker';
import { UsageError } from '@petrel/protocol';
import { type Command, readOperands } from '../command.js';
import { Progress } from '../progress.js';
import { readArguments } from '../read-arguments.js';

const options = { json: { type: 'boolean' } } as const;

/** The command `store`. */
export const storeCommand: Command = {
  summary: 'look into, check, back up or restore a data folder',
  options,
  operands: 'folder',
  actions: ['inspect', 'verify', 'backup', 'restore'],
  help: `petrel store inspect <folder>
petrel store verify <folder>
petrel store backup <folder> <target>
petrel store restore <backup> <folder>

Works on the folder that petrel broker --data-folder names, and changes nothing in the one it reads.

  inspect    say what is in it
  verify     read all of it and check every checksum
  backup     copy it, also while the broker is running, and verify the copy
  restore    verify a backup and copy it to where the next broker will look; nothing is written over

      --json                 one JSON object`,

  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options);
    const [action, ...operands] = positionals;
    const progress = new Progress(terminal, 'MB');
    const summary = await act(action, operands, {
      onProgress: values.json ? undefined : (done, total) => progress.at(done / 1e6, total / 1e6),
    }).finally(() => progress.end());
    if (values.json) {
      terminal.out(JSON.stringify(summary));
      return;
    }
    for (const line of linesOf(summary)) terminal.out(line);
  },
};

async function act(
  action: string | undefined,
  operands: readonly string[],
  options: FolderToolOptions,
): Promise<DataFolderSummary> {
  switch (action) {
    case 'inspect':
    case 'verify': {
      const [folder] = readOperands(operands, 'folder');
      return (action === 'inspect' ? inspectDataFolder : verifyDataFolder)(folder as string, options);
    }
    case 'backup':
    case 'restore': {
      const [from, to] = readOperands(operands, action === 'backup' ? 'folder' : 'backup', 'target');
      return copyDataFolder(from as string, to as string, options);
    }
    default:
      throw new UsageError(
        `petrel store wants inspect, verify, backup or restore, got ${action === undefined ? 'nothing' : `"${action}"`}`,
      );
  }
}

function linesOf(summary: DataFolderSummary): string[] {
  const count = (value: number): string => value.toLocaleString('en');
  return [
    `sessions           ${count(summary.sessions)}`,
    `subscriptions      ${count(summary.subscriptions)}`,
    `deliveries         ${count(summary.deliveries)}`,
    `retained messages  ${count(summary.retainedMessages)}`,
    `messages           ${count(summary.messages)}, ${count(summary.messageBytes)} bytes`,
    `files              ${count(summary.files)}, ${count(summary.fileBytes)} bytes`,
    `torn bytes         ${count(summary.tornBytes)}`,
    `closed             ${summary.isClosed ? 'yes' : 'no: in use, or left by a crash'}`,
  ];
}
