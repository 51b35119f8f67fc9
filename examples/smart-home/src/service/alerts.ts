/**
 * When the house should tell somebody: each rule has a mark at which it raises and another at which it clears, so a value that
 * trembles on the mark is one alert. Pure; the clock is that of the reading.
 */
import type { Notification, NotificationKind } from '../house/messages.js';
import { outside, type Quantity, thisComputer } from '../house/topics.js';

/** The window rule: this many °C below the warmest reading of the last hour. */
const window = { minutes: 60, raiseAt: 0.8, clearAt: 0.3 };
const humidityHysteresis = 5;

interface RoomState {
  raised: Set<NotificationKind>;
  /** Temperatures of the last hour, oldest first. */
  recent: { time: number; value: number }[];
}

export class AlertRules {
  /** % relative humidity. */
  humidityLimit: number;
  readonly #rooms = new Map<string, RoomState>();
  #count = 0;

  constructor(humidityLimit: number) {
    this.humidityLimit = humidityLimit;
  }

  /** Judges one reading; what it returns is to be announced. */
  judge(room: string, quantity: Quantity, value: number, time: number): Notification[] {
    const state = this.#stateOf(room);
    const verdicts = [
      ...(quantity === 'humidity' && room !== outside ? [this.#humid(value)] : []),
      ...(quantity === 'temperature' ? this.#temperature(room, state, value, time) : []),
    ];
    return verdicts.flatMap(({ kind, raise, clear, text }) => {
      const raised = state.raised.has(kind);
      if (raised ? !clear : !raise) return [];
      if (raised) state.raised.delete(kind);
      else state.raised.add(kind);
      const id = `${++this.#count}`;
      return [{ id, kind, state: raised ? 'cleared' : 'raised', room, value, time, text: text(!raised) }];
    });
  }

  #humid(value: number): Verdict {
    const clearAt = this.humidityLimit - humidityHysteresis;
    return {
      kind: 'humid',
      raise: value > this.humidityLimit,
      clear: value < clearAt,
      text: (raised) =>
        raised
          ? `${value.toFixed(0)} % humidity, limit ${this.humidityLimit} %`
          : `Dry again: below ${clearAt} %`,
    };
  }

  #temperature(room: string, state: RoomState, value: number, time: number): Verdict[] {
    if (room === thisComputer) {
      return [
        {
          kind: 'hot',
          raise: value > 85,
          clear: value < 75,
          text: (raised) =>
            raised ? `The processor is at ${value.toFixed(0)} °C` : 'The processor has cooled down',
        },
      ];
    }
    if (room === outside) {
      return [
        {
          kind: 'frost',
          raise: value < 0,
          clear: value > 1,
          text: (raised) =>
            raised ? `Frost: ${value.toFixed(1).replace('-', '−')} °C` : 'The frost is over',
        },
      ];
    }
    const since = time - window.minutes * 60_000;
    // A reading from before is the recording starting again.
    state.recent = state.recent.filter((each) => each.time >= since && each.time <= time);
    state.recent.push({ time, value });
    const drop = Math.max(...state.recent.map((each) => each.value)) - value;
    return [
      {
        kind: 'window',
        raise: drop >= window.raiseAt,
        clear: drop <= window.clearAt,
        text: (raised) =>
          raised
            ? `${drop.toFixed(1)} °C colder within the hour. Window open?`
            : 'The temperature holds again',
      },
    ];
  }

  #stateOf(room: string): RoomState {
    let state = this.#rooms.get(room);
    if (state === undefined) this.#rooms.set(room, (state = { raised: new Set(), recent: [] }));
    return state;
  }
}

interface Verdict {
  kind: NotificationKind;
  raise: boolean;
  clear: boolean;
  text: (raised: boolean) => string;
}
