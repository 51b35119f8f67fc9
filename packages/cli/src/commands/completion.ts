/** `petrel completion`: what a shell needs to complete commands and options. */
import { UsageError } from '@petrel/protocol';
import { type Command, readOperands } from '../command.js';
import { readArguments } from '../read-arguments.js';

const shells = ['bash', 'zsh', 'fish'] as const;

/** The command `completion`, of all commands; it is asked for them when it runs, as it is one of them. */
export function completionCommand(commands: () => ReadonlyMap<string, Command>): Command {
  return {
    summary: 'complete commands and options in your shell',
    options: {},
    actions: shells,
    help: `petrel completion bash|zsh|fish

Prints a script. For one session, or in the file that your shell reads when it starts:

  source <(petrel completion bash)          ~/.bashrc
  source <(petrel completion zsh)           ~/.zshrc
  petrel completion fish | source           ~/.config/fish/config.fish`,

    async run(args, terminal) {
      const { positionals } = readArguments(args, {});
      const [shell] = readOperands(positionals, 'shell');
      switch (shell) {
        case 'bash':
          terminal.out(forBash(commands()));
          return;
        case 'zsh':
          // zsh understands what bash completes with.
          terminal.out(`autoload -U +X bashcompinit && bashcompinit\n${forBash(commands())}`);
          return;
        case 'fish':
          terminal.out(forFish(commands()));
          return;
        default:
          throw new UsageError(`<shell> must be one of ${shells.join(', ')}, got "${shell}"`);
      }
    },
  };
}

/** Everything that may stand behind a command. */
function wordsOf({ options, actions = [] }: Command): string[] {
  return [...actions, ...Object.keys(options).map((name) => `--${name}`), '--help'];
}

function forBash(commands: ReadonlyMap<string, Command>): string {
  const cases = [...commands].map(
    ([name, command]) => `    ${name}) words='${wordsOf(command).join(' ')}' ;;`,
  );
  return `_petrel() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then words='${[...commands.keys()].join(' ')}'
  else case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _petrel petrel`;
}

function forFish(commands: ReadonlyMap<string, Command>): string {
  const lines = [...commands].flatMap(([name, { summary, options, actions = [] }]) => {
    const isHere = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c petrel -f -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", "\\'")}'`,
      ...actions.map((action) => `complete -c petrel ${isHere} -a ${action}`),
      ...Object.entries(options).map(([option, { type, short }]) => {
        const needsValue = type === 'string' ? ' -r' : '';
        return `complete -c petrel ${isHere} -l ${option}${short === undefined ? '' : ` -s ${short}`}${needsValue}`;
      }),
    ];
  });
  return lines.join('\n');
}
