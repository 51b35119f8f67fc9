/** The completion script for bash, 4 or later. */
import type { Candidates, Command } from '../command.js';
import { optionPlaces, quoted, spellingsOf } from './places.js';

/** Completes `petrel`. */
export function bashScript(commands: ReadonlyMap<string, Command>): string {
  const cases = [...commands].map(([name, command]) => `    ${name})\n${caseOf(command)}\n      ;;`);
  return `_petrel() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  # bash takes --qos=1 for three words.
  if [ "$current" = '=' ]; then current=''; elif [ "$previous" = '=' ]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted([...commands.keys(), '--help', '--version'].join(' '))} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
}
complete -F _petrel petrel`;
}

function caseOf(command: Command): string {
  const places = optionPlaces(command);
  const { actions = [], operands } = command;
  const byValue = places
    .filter(({ takesValue }) => takesValue)
    .map((place) => `        ${spellingsOf(place).join('|')}) ${offer(place.values)} ;;`);
  const names = places.map(({ name }) => `--${name}`).join(' ');
  const behind = operands === undefined ? ':' : offer(operands);
  const other =
    actions.length === 0 ? behind : `if [ "$COMP_CWORD" -eq 2 ]; then ${offer(actions)}; else ${behind}; fi`;
  return `      case "$previous" in
${byValue.join('\n')}
        *) case "$current" in
          -*) ${offer(names.split(' '))} ;;
          *) ${other} ;;
        esac ;;
      esac`;
}

function offer(candidates: Candidates | undefined): string {
  if (candidates === undefined) return ':';
  if (candidates === 'file' || candidates === 'folder') {
    const kind = candidates === 'file' ? 'f' : 'd';
    // A name may have spaces, and bash writes them as it must only where it knows that it is one.
    return `compopt -o filenames 2>/dev/null; local IFS=$'\\n'; COMPREPLY=($(compgen -${kind} -- "$current"))`;
  }
  return `COMPREPLY=($(compgen -W ${quoted(candidates.join(' '))} -- "$current"))`;
}
