/** The cards of all rooms, in an order that does not change under the reader's eyes. */
import { thisComputer } from '../house/topics.js';
import { byId } from './dom.js';
import type { HouseModel } from './house-model.js';
import { RoomCard, type RoomCardOptions } from './room-card.js';
import type { RoomModel } from './room-model.js';

const order = [
  'living-room',
  'kitchen',
  'bathroom',
  'office',
  'parents-room',
  'teenager-room',
  'laundry',
  'ironing-room',
  'outside',
  thisComputer,
];

export class RoomList {
  readonly #list = byId('room-list', HTMLUListElement);
  readonly #empty = byId('rooms-empty', HTMLElement);
  readonly #options: RoomCardOptions;
  readonly #cards = new Map<string, RoomCard>();

  constructor(options: RoomCardOptions) {
    this.#options = options;
  }

  /** Rooms on the page, in their order. */
  get names(): string[] {
    return [...this.#cards.keys()].sort(byOrder);
  }

  draw(model: HouseModel, connected: boolean): void {
    for (const room of model.rooms.values()) {
      if (room.hasReadings && !this.#cards.has(room.name)) this.#add(room);
    }
    this.#empty.hidden = this.#cards.size > 0;
    const houseTime = Math.max(model.gateway?.houseTime ?? 0, newest(model));
    for (const card of this.#cards.values()) card.draw(houseTime, connected);
  }

  #add(room: RoomModel): void {
    const card = new RoomCard(room, this.#options);
    const next = this.names.find((name) => byOrder(room.name, name) < 0);
    this.#list.insertBefore(card.root, next === undefined ? null : this.#cards.get(next)!.root);
    this.#cards.set(room.name, card);
  }
}

/** The rooms of the house first, then guests by name. */
function byOrder(left: string, right: string): number {
  const [a, b] = [order.indexOf(left), order.indexOf(right)];
  if (a !== -1 && b !== -1) return a - b;
  if (a !== b && (a === -1 || b === -1)) return a === -1 ? 1 : -1;
  return left.localeCompare(right);
}

function newest(model: HouseModel): number {
  let time = 0;
  for (const room of model.rooms.values()) {
    if (!room.live && room.counts !== undefined)
      time = Math.max(time, room.of('temperature')?.last?.[0] ?? 0);
  }
  return time;
}
