/** The completion script for zsh. */
import type { Candidates, Command } from '../command.js';
import { optionPlaces, quoted, spellingsOf } from './places.js';

/** Completes `petrel`. */
export function zshScript(commands: ReadonlyMap<string, Command>): string {
  const names = [...commands].map(([name, { summary }]) => described(name, summary));
  const cases = [...commands].map(([name, command]) => `    ${name})\n${caseOf(command)}\n      ;;`);
  return `#compdef petrel
_petrel() {
  local -a choices
  local previous="$words[CURRENT-1]"
  if (( CURRENT == 2 )); then
    choices=(${names.join(' ')})
    _describe command choices
    return
  fi
  if [[ "$words[CURRENT]" == --*=* ]]; then
    previous="\${words[CURRENT]%%=*}"
    compset -P '*='
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _petrel petrel`;
}

function caseOf(command: Command): string {
  const places = optionPlaces(command);
  const { actions = [], operands } = command;
  const byValue = places
    .filter(({ takesValue }) => takesValue)
    .map((place) => `        ${spellingsOf(place).join('|')}) ${offer(place.values)} ;;`);
  const names = places.map(({ name, description }) => described(`--${name}`, description)).join(' ');
  const behind = operands === undefined ? ':' : offer(operands);
  const other =
    actions.length === 0 ? behind : `if (( CURRENT == 3 )); then ${offer(actions)}; else ${behind}; fi`;
  return `      case "$previous" in
${byValue.join('\n')}
        *) if [[ "$words[CURRENT]" == -* ]]; then
          choices=(${names})
          _describe option choices
        else
          ${other}
        fi ;;
      esac`;
}

function offer(candidates: Candidates | undefined): string {
  if (candidates === undefined) return ':';
  if (candidates === 'file') return '_files';
  if (candidates === 'folder') return '_files -/';
  return `compadd -- ${candidates.map(quoted).join(' ')}`;
}

/** A colon divides a word from what it means. */
function described(word: string, description: string): string {
  return quoted(description === '' ? word : `${word}:${description}`);
}
