/** The question to the service, and its answer with the time it took. */
import type { AverageAnswer } from '../house/messages.js';
import { quantities } from '../house/topics.js';
import { byId, element } from './dom.js';
import { formatValue, labels, roomTitle, units } from './format.js';

export class AskView {
  readonly #select = byId('ask-room', HTMLSelectElement);
  readonly #answer = byId('ask-answer', HTMLElement);

  constructor(ask: (rooms: string[]) => Promise<AverageAnswer>) {
    byId('ask-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const room = this.#select.value;
      const startedAt = performance.now();
      ask(room === '' ? [] : [room]).then(
        (answer) => this.#show(answer, performance.now() - startedAt),
        (error: unknown) => this.#refuse(error),
      );
    });
  }

  /** Offers the rooms to ask for. */
  offer(rooms: readonly string[]): void {
    if (this.#select.options.length === rooms.length + 1) return;
    const chosen = this.#select.value;
    this.#select.replaceChildren(
      element('option', { value: '' }, 'The whole house'),
      ...rooms.map((room) => element('option', { value: room }, roomTitle(room))),
    );
    this.#select.value = chosen;
  }

  #show({ rooms, average }: AverageAnswer, ms: number): void {
    const values = quantities.flatMap((quantity) => {
      const value = average[quantity];
      if (value === undefined) return [];
      return [
        element(
          'div',
          {},
          element('dt', {}, labels[quantity]),
          element('dd', {}, formatValue(quantity, value), element('small', {}, ` ${units[quantity]}`)),
        ),
      ];
    });
    this.#answer.replaceChildren(
      element('dl', { class: 'answer-values' }, ...values),
      element(
        'p',
        { class: 'hint' },
        `24 h average of ${rooms.length === 1 ? 'one room' : `${rooms.length} rooms`}, answered in `,
        element('strong', { id: 'ask-time' }, `${ms.toFixed(1)}\u00a0ms`),
      ),
    );
  }

  #refuse(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#answer.replaceChildren(element('p', { class: 'hint hint-bad' }, text));
  }
}
