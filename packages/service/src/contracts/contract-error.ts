/** What a message that breaks its contract is refused with: where it is wrong, never what it was. */
import { PetrelError } from '@petrel/protocol';
import type { SchemaIssue } from './standard-schema.js';

/** The part of an operation that a message is. */
export type ContractPart = 'payload' | 'input' | 'output';

const mostPaths = 10;
const longestPath = 100;

/**
 * A message that is not what the contract says. Goes to the other end with code, part and paths.
 *
 * Neither message nor details hold anything of the payload but names of fields. What the schema library said is in `issues`,
 * which is not enumerable and never sent, since it may quote values.
 */
export class ContractError extends PetrelError {
  readonly topicPattern: string;
  readonly part: ContractPart;
  /** Where it is wrong, at most ten places: `rooms[1].name`; the empty string is the whole value. */
  readonly paths: readonly string[];
  /** As the schema library told. */
  declare readonly issues: readonly SchemaIssue[];

  constructor(topicPattern: string, part: ContractPart, issues: readonly SchemaIssue[]) {
    const paths = [...new Set(issues.map(pathOf))];
    const shown = paths.slice(0, mostPaths);
    super('PETREL_CONTRACT_BROKEN', messageOf(topicPattern, part, paths), { reasonCode: 0x99 });
    this.topicPattern = topicPattern;
    this.part = part;
    this.paths = shown;
    Object.defineProperty(this, 'issues', { value: issues, enumerable: false });
  }

  /** What the other end is told beside name, message and code. */
  get details(): { readonly part: ContractPart; readonly paths: readonly string[] } {
    return { part: this.part, paths: this.paths };
  }
}

function messageOf(topicPattern: string, part: ContractPart, paths: readonly string[]): string {
  const [first = ''] = paths;
  const where = first === '' ? '' : ` at "${first}"`;
  const others = paths.length > 1 ? ` and ${paths.length - 1} more` : '';
  return `${part} of "${topicPattern}" breaks the contract${where}${others}`;
}

function pathOf({ path = [] }: SchemaIssue): string {
  let text = '';
  for (const segment of path) {
    const key = typeof segment === 'object' ? segment.key : segment;
    if (typeof key === 'number' || /^\d+$/.test(String(key))) text += `[${String(key)}]`;
    else if (typeof key === 'string' && /^[A-Za-z_$][\w$]*$/.test(key)) text += text === '' ? key : `.${key}`;
    else text += `[${JSON.stringify(String(key))}]`;
    // A peer may have made up the names.
    if (text.length > longestPath) return `${text.slice(0, longestPath)}…`;
  }
  return text;
}
