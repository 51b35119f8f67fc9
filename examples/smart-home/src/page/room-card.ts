/** The card of one room. */
import type { Quantity } from '../house/topics.js';
import { thisComputer } from '../house/topics.js';
import { Chart } from './chart.js';
import { element, icon, setText } from './dom.js';
import { formatCount, formatMoment, formatValue, labels, roomTitle, units } from './format.js';
import type { Point, RoomModel } from './room-model.js';
import { toneOf } from './tone.js';

const hour = 3_600_000;
const minute = 60_000;
const leastSpan: Record<Quantity, number> = { temperature: 2, humidity: 10, load: 20, memory: 10 };

export interface RoomCardOptions {
  /** Asks for the link of this room's device to be cut. */
  onCut: (room: string) => void;
}

export class RoomCard {
  readonly root: HTMLElement;
  readonly #room: RoomModel;
  readonly #state = element('span', { class: 'room-state' });
  readonly #big = element('span', { class: 'room-big' });
  readonly #bigUnit = element('span', { class: 'room-unit' });
  readonly #small = element('span', { class: 'room-small' });
  readonly #foot = element('span', { class: 'room-foot' });
  readonly #chart = new Chart((point) => this.#point(point));
  readonly #cut: HTMLButtonElement;
  #pointed: Point | undefined;

  constructor(room: RoomModel, { onCut }: RoomCardOptions) {
    this.#room = room;
    const title = roomTitle(room.name);
    const id = `room-${room.name.replaceAll(/\s/g, '_')}`;
    this.#cut = element(
      'button',
      { type: 'button', class: 'icon-button room-cut', title: 'Cut the link for ten seconds' },
      icon('cut'),
      element('span', { class: 'visually-hidden' }, `Cut the link of ${title} for ten seconds`),
    );
    this.#cut.addEventListener('click', () => onCut(room.name));
    this.root = element(
      'li',
      { class: 'room', 'data-room': room.name, 'aria-labelledby': id },
      element('div', { class: 'room-head' }, element('h3', { id }, title), this.#state, this.#cut),
      element(
        'p',
        { class: 'room-now' },
        element('span', { class: 'room-value' }, this.#big, this.#bigUnit),
        this.#small,
      ),
      element('div', { class: 'room-chart' }, this.#chart.svg),
      element('p', { class: 'room-foot-line' }, this.#foot),
    );
  }

  /** Draws the room; `houseTime` is where the charts of the recording end, `connected` whether what is known is still so. */
  draw(houseTime: number, connected: boolean): void {
    const { main, second } = this.#quantities();
    const value = this.#room.now(main);
    setText(this.#big, value === undefined ? '–' : formatValue(main, value));
    setText(this.#bigUnit, units[main]);
    this.#drawSecond(second);
    const celsius = this.#room.now('temperature');
    if (celsius !== undefined) this.root.style.setProperty('--tone', toneOf(celsius));
    this.#drawState(connected);
    this.#drawChart(main, second, houseTime);
    if (this.#pointed === undefined) this.#drawFoot(main);
  }

  /** A computer without a thermometer leads with its load. */
  #quantities(): { main: Quantity; second: Quantity | undefined } {
    const present = (['temperature', 'load', 'humidity', 'memory'] as const).filter((each) =>
      this.#room.of(each),
    );
    return { main: present[0] ?? 'temperature', second: present[1] };
  }

  #drawSecond(second: Quantity | undefined): void {
    const others =
      this.#room.name === thisComputer ? (['load', 'memory'] as const) : second === undefined ? [] : [second];
    const texts = others.flatMap((quantity) => {
      const value = this.#room.now(quantity);
      if (value === undefined || (quantity === 'load' && this.#room.of('temperature') === undefined))
        return [];
      return [`${labels[quantity]} ${formatValue(quantity, value)} ${units[quantity]}`];
    });
    setText(this.#small, texts.join(' · '));
  }

  #drawState(connected: boolean): void {
    const { counts, guest, cut } = this.#room;
    const state = !connected ? 'unknown' : guest ? 'guest' : cut ? 'cut' : 'online';
    this.root.dataset.state = state;
    setText(this.#state, stateText(state, counts?.waiting ?? 0));
    this.#cut.disabled = state !== 'online';
    this.#cut.hidden = guest;
  }

  #drawChart(main: Quantity, second: Quantity | undefined, houseTime: number): void {
    const points = this.#room.of(main)?.points ?? [];
    const live = this.#room.live;
    const to = live ? Math.max(points.at(-1)?.[0] ?? 0, (points[0]?.[0] ?? 0) + minute) : houseTime;
    this.#chart.draw({
      main: {
        points,
        leastSpan: leastSpan[main],
        toneOf: main === 'temperature' ? toneOf : () => 'var(--accent)',
      },
      second: second && { points: this.#room.of(second)?.points ?? [], leastSpan: leastSpan[second] },
      from: to - (live ? 5 * minute : 48 * hour),
      to,
      nights: !live,
      gapMs: live ? minute : 6 * hour,
    });
    const last = points.at(-1);
    const now = last === undefined ? 'no reading yet' : `now ${formatValue(main, last[1])} ${units[main]}`;
    const title = `${labels[main]} of the last ${live ? 'five minutes' : 'two days'}, ${now}`;
    if (this.#chart.svg.getAttribute('aria-label') !== title)
      this.#chart.svg.setAttribute('aria-label', title);
  }

  #drawFoot(main: Quantity): void {
    const spread = this.#room.climate?.climate[main];
    const write = (value: number) => formatValue(main, value);
    setText(
      this.#foot,
      spread === undefined
        ? 'Waiting for the service'
        : `24 h: ${write(spread.minimum)} to ${write(spread.maximum)}, average ${write(spread.average)}`,
    );
  }

  #point(point: Point | undefined): void {
    this.#pointed = point;
    const { main, second } = this.#quantities();
    if (point === undefined) {
      this.#drawFoot(main);
      return;
    }
    const [time, value] = point;
    const other = second && this.#room.of(second)?.points.findLast(([at]) => at <= time)?.[1];
    const text = `${formatMoment(time, this.#room.live)}: ${formatValue(main, value)} ${units[main]}`;
    const more = second && other !== undefined ? `, ${formatValue(second, other)} ${units[second]}` : '';
    setText(this.#foot, text + more);
  }
}

function stateText(state: 'unknown' | 'guest' | 'cut' | 'online', waiting: number): string {
  switch (state) {
    case 'unknown':
      return 'Last heard';
    case 'guest':
      return 'Guest';
    case 'cut':
      return waiting > 0 ? `Cut off, keeps ${formatCount(waiting)}` : 'Cut off';
    case 'online':
      return 'Online';
  }
}
