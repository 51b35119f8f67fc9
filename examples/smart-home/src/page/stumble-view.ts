/** The controls that make the house stumble: cut links, a killed broker. What was asked, or why not, is said below them. */
import type { CutLink } from '../house/messages.js';
import { byId, setText } from './dom.js';
import { roomTitle } from './format.js';

export interface Stumbling {
  cutLink: (command: CutLink) => Promise<unknown>;
  /** Rooms whose link can be cut. */
  rooms: () => string[];
  killBroker: () => Promise<unknown>;
}

const seconds = 10;

export class StumbleView {
  readonly #stumbling: Stumbling;
  readonly #result = byId('try-result', HTMLElement);

  constructor(stumbling: Stumbling) {
    this.#stumbling = stumbling;
    byId('cut-all', HTMLButtonElement).addEventListener('click', () => {
      const rooms = stumbling.rooms();
      const all = Promise.all(rooms.map((room) => stumbling.cutLink({ room, seconds })));
      this.#report(all, `Cut ${rooms.length} links. The devices keep measuring.`);
    });
    byId('kill-broker', HTMLButtonElement).addEventListener('click', () => {
      this.#report(
        stumbling.killBroker(),
        'The broker kills itself, as kill -9 would. It is back in about two seconds.',
      );
    });
  }

  cut(room: string): void {
    const title = roomTitle(room);
    this.#report(
      this.#stumbling.cutLink({ room, seconds }),
      `${title}: the link is cut for ${seconds} seconds.`,
    );
  }

  #report(action: Promise<unknown>, done: string): void {
    action.then(
      () => setText(this.#result, done),
      (error: unknown) => setText(this.#result, error instanceof Error ? error.message : String(error)),
    );
  }
}
