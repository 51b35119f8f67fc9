/** The strip at the top: how many readings are where, and that none is lost. */

import { byId, setText } from './dom.js';
import { formatCount, formatHouseTime, formatSeconds } from './format.js';
import type { HouseModel } from './house-model.js';
import type { PageConnection } from './page-connection.js';

export class JourneyView {
  readonly #stops = {
    devices: byId('stop-devices', HTMLElement),
    broker: byId('stop-broker', HTMLElement),
    service: byId('stop-service', HTMLElement),
    page: byId('stop-page', HTMLElement),
  };

  draw(model: HouseModel, connection: Pick<PageConnection, 'state' | 'since'>, now: number): void {
    const connected = connection.state === 'connected';
    const devices = Object.values(model.gateway?.devices ?? {});
    const total = (count: 'taken' | 'waiting') => devices.reduce((sum, each) => sum + each[count], 0);
    const cut = Object.keys(model.gateway?.devices ?? {}).filter((room) => model.rooms.get(room)?.cut).length;

    this.#mark('devices', !connected || devices.length === 0 ? 'unknown' : cut > 0 ? 'partly' : 'up');
    this.#mark('broker', connected ? 'up' : 'down');
    this.#mark('service', !connected ? 'unknown' : model.serviceOnline ? 'up' : 'down');
    this.#mark('page', connected ? 'up' : 'partly');

    write('count-taken', model.gateway && total('taken'));
    write('count-waiting', model.gateway && total('waiting'));
    write('count-received', model.ledger?.received);
    write('count-duplicates', model.ledger?.duplicates);
    write('count-arrived', model.arrived);
    setText(byId('note-devices', HTMLElement), cut > 0 ? `measured, ${cut} cut off` : 'measured, all online');
    setText(
      byId('note-service', HTMLElement),
      model.serviceOnline || !connected ? 'received' : 'received, now away',
    );
    setText(byId('count-broker', HTMLElement), connected ? 'Up' : 'Away');
    setText(
      byId('note-broker', HTMLElement),
      connection.state === 'connecting'
        ? 'connecting'
        : `${connected ? 'connected ' : ''}for ${formatDuration(now - connection.since)}`,
    );
    this.#drawLost(model);
    if (model.gateway === undefined) return;
    setText(byId('house-time', HTMLElement), formatHouseTime(model.gateway.houseTime));
    setText(byId('house-speed', HTMLElement), ` · ${model.gateway.speed} min per second`);
  }

  #mark(stop: 'devices' | 'broker' | 'service' | 'page', state: 'up' | 'partly' | 'down' | 'unknown'): void {
    this.#stops[stop].dataset.state = state;
  }

  /** Lost on the way, as the service counts, and thrown away by a device whose memory was full, if the service has not heard of it yet. */
  #drawLost({ gateway, ledger }: HouseModel): void {
    const dropped = Object.values(gateway?.devices ?? {}).reduce((sum, each) => sum + each.dropped, 0);
    const lost = ledger && Math.max(ledger.lost, dropped);
    write('count-lost', lost);
    byId('lost', HTMLElement).dataset.state = lost === undefined ? 'unknown' : lost === 0 ? 'none' : 'some';
  }
}

function write(id: string, count: number | undefined): void {
  setText(byId(id, HTMLElement), count === undefined ? '–' : formatCount(count));
}

function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3_600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3_600)} h`;
}

/** The pill in the head: what the connection is doing, in words. */
export class ConnectionView {
  readonly #pill = byId('connection', HTMLElement);
  readonly #text = byId('connection-text', HTMLElement);
  #backUntil = 0;

  draw({ state, outageMs }: Pick<PageConnection, 'state' | 'outageMs'>, now: number): void {
    document.body.dataset.connection = state;
    if (this.#pill.dataset.state === 'away' && state === 'connected') this.#backUntil = now + 6_000;
    this.#pill.dataset.state = state;
    if (state === 'connecting') setText(this.#text, 'Connecting');
    else if (state === 'away') setText(this.#text, 'Broker away, trying again');
    else if (now < this.#backUntil) setText(this.#text, `Back after ${formatSeconds(outageMs)}`);
    else setText(this.#text, 'Connected');
  }
}
