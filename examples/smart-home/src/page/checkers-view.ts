/** The replicas of the checker: what each has checked of the readings they share, and what became a dead letter. */
import { checkers } from '../house/topics.js';
import { byId, element, setText } from './dom.js';
import { formatCount } from './format.js';
import type { HouseModel } from './house-model.js';

export class CheckersView {
  readonly #counts = new Map<string, { row: HTMLElement; count: HTMLElement }>();
  readonly #dead = byId('dead-letters', HTMLElement);

  constructor() {
    const list = byId('checker-list', HTMLElement);
    for (const name of checkers) {
      const count = element('dd', {}, 'starting');
      const row = element(
        'div',
        { 'data-checker': name, 'data-state': 'unknown' },
        element('dt', {}, title(name)),
        count,
      );
      this.#counts.set(name, { row, count });
      list.append(row);
    }
  }

  draw({ checkers: known, deadLetters }: HouseModel): void {
    for (const [name, { row, count }] of this.#counts) {
      const status = known.get(name);
      row.dataset.state = status?.state ?? 'unknown';
      if (status === undefined) continue;
      setText(count, status.state === 'online' ? `${formatCount(status.checked)} checked` : 'away');
    }
    setText(
      this.#dead,
      deadLetters === 0 ? 'No dead letters.' : `Dead letters since you came: ${formatCount(deadLetters)}.`,
    );
  }
}

function title(name: string): string {
  return name.replace('checker-', 'Checker ');
}
