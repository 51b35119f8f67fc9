/** `petrel completion`: what a shell needs to complete commands, options and their values. */
import { UsageError } from '@petrel/protocol';
import { type Command, readOperands } from '../command.js';
import { bashScript } from '../completion/bash.js';
import { fishScript } from '../completion/fish.js';
import { zshScript } from '../completion/zsh.js';
import { readArguments } from '../read-arguments.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
const shells = Object.keys(scripts);

/** The command `completion`, of all commands; it is asked for them when it runs, as it is one of them. */
export function completionCommand(commands: () => ReadonlyMap<string, Command>): Command {
  return {
    summary: 'complete commands, options and values in your shell',
    options: {},
    actions: shells,
    help: `petrel completion bash|zsh|fish

Prints a script. For one session, or in the file that your shell reads when it starts:

  source <(petrel completion bash)          ~/.bashrc
  source <(petrel completion zsh)           ~/.zshrc
  petrel completion fish | source           ~/.config/fish/config.fish`,

    async run(args, terminal) {
      const { positionals } = readArguments(args, {});
      const [shell = ''] = readOperands(positionals, 'shell');
      if (!Object.hasOwn(scripts, shell))
        throw new UsageError(`<shell> must be one of ${shells.join(', ')}, got "${shell}"`);
      terminal.out(scripts[shell as keyof typeof scripts](commands()));
    },
  };
}
