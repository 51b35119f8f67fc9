/** The list of alerts, and the control of the humidity limit. */
import type { HouseSettings, Notification } from '../house/messages.js';
import { byId, element, icon, setText } from './dom.js';
import { formatMoment, roomTitle } from './format.js';

const shown = 6;

export class AlertsView {
  readonly #list = byId('alert-list', HTMLUListElement);
  readonly #limit = byId('humidity-limit', HTMLInputElement);
  readonly #limitText = byId('humidity-limit-text', HTMLOutputElement);
  readonly #items = new Map<string, HTMLLIElement>();

  constructor(onLimit: (percent: number) => void) {
    this.#writeLimit();
    this.#limit.addEventListener('input', () => this.#writeLimit());
    this.#limit.addEventListener('change', () => onLimit(this.#limit.valueAsNumber));
  }

  /** Adds what is new on top: each item is made once, so that a screen reader hears it once. */
  draw(notifications: readonly Notification[]): void {
    const visible = notifications.slice(0, shown);
    for (const [id, item] of this.#items) {
      if (visible.some((each) => each.id === id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    for (const notification of visible.toReversed()) {
      if (this.#items.has(notification.id)) continue;
      const item = itemOf(notification);
      this.#items.set(notification.id, item);
      this.#list.prepend(item);
    }
    byId('alerts-empty', HTMLElement).hidden = visible.length > 0;
  }

  /** History is not news: the list keeps still for screen readers while it is filled. */
  drawSilently(notifications: readonly Notification[]): void {
    this.#list.setAttribute('aria-live', 'off');
    this.draw(notifications);
    requestAnimationFrame(() => this.#list.setAttribute('aria-live', 'polite'));
  }

  drawSettings({ humidityLimit }: HouseSettings): void {
    // Not under the reader's finger.
    if (document.activeElement === this.#limit && this.#limit.matches(':active')) return;
    this.#limit.value = `${humidityLimit}`;
    this.#writeLimit();
  }

  #writeLimit(): void {
    setText(this.#limitText, `${this.#limit.value} %`);
    const { min, max, value } = this.#limit;
    this.#limit.style.setProperty(
      '--part',
      `${(100 * (Number(value) - Number(min))) / (Number(max) - Number(min))}%`,
    );
  }
}

function itemOf({ kind, state, room, text, time }: Notification): HTMLLIElement {
  return element(
    'li',
    { class: 'alert', 'data-state': state },
    element('span', { class: 'alert-icon' }, icon(state === 'cleared' ? 'clear' : kind)),
    element(
      'div',
      {},
      element('p', { class: 'alert-title' }, roomTitle(room)),
      element('p', { class: 'alert-text' }, text),
    ),
    element('time', { class: 'alert-time' }, formatMoment(time, room === 'this-computer')),
  );
}
