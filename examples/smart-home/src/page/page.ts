/** Puts the page together: messages go into the model, and the views draw what has changed, at most once per frame. */
import type { HistoryAnswer } from '../house/messages.js';
import { topics } from '../house/topics.js';
import { AlertsView } from './alerts-view.js';
import { AskView } from './ask-view.js';
import { CheckersView } from './checkers-view.js';
import { byId, setText } from './dom.js';
import { HouseModel, type Part } from './house-model.js';
import { ConnectionView, JourneyView } from './journey-view.js';
import type { PageConnection, PageConnectionEvents } from './page-connection.js';
import { RoomList } from './room-list.js';
import { StumbleView } from './stumble-view.js';

/** Runs the page over a connection that `connect` opens. */
export function runPage(connect: (events: PageConnectionEvents) => PageConnection): void {
  const model = new HouseModel();
  const journey = new JourneyView();
  const connectionView = new ConnectionView();
  const connection = connect({ onState, onMessage });
  const alerts = new AlertsView((percent) => {
    const limit = byId('humidity-limit-text', HTMLElement);
    connection.request(topics.humidityLimit, { percent }).catch(() => setText(limit, 'not saved'));
  });
  const ask = new AskView((rooms) => connection.request(topics.average, { rooms }));
  const stumble = new StumbleView({
    cutLink: (command) => connection.request(topics.cutLink, command),
    rooms: () => Object.keys(model.gateway?.devices ?? {}),
    killBroker: () => connection.emit(topics.killBroker, {}),
  });
  const rooms = new RoomList({ onCut: (room) => stumble.cut(room) });
  const checkers = new CheckersView();
  const changed = new Set<Part>();
  let frame = 0;
  let remembering = false;

  // The durations that the page shows grow by the second.
  setInterval(() => show('journey'), 1_000);
  show('journey');

  function onMessage(topicName: string, payload: unknown): void {
    const part = model.accept(topicName, payload, Date.now());
    if (part !== undefined) show(part);
  }

  function onState(): void {
    show('journey');
    if (connection.state === 'connected') remember();
  }

  /** Asks the service for what happened before this page came, or while it was away, until it answers. */
  function remember(): void {
    if (remembering) return;
    remembering = true;
    connection.request<HistoryAnswer>(topics.history).then(
      (history) => {
        remembering = false;
        model.acceptHistory(history);
        alerts.drawSilently(model.notifications);
        show('rooms');
      },
      () => {
        remembering = false;
        // The service comes back after the broker; without a connection, the next one asks.
        if (connection.state === 'connected') setTimeout(remember, 1_000);
      },
    );
  }

  function show(part: Part): void {
    changed.add(part);
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function draw(): void {
    frame = 0;
    const now = Date.now();
    if (changed.has('rooms') || changed.has('journey')) {
      rooms.draw(model, connection.state === 'connected');
      ask.offer(rooms.names);
      journey.draw(model, connection, now);
      connectionView.draw(connection, now);
    }
    if (changed.has('notifications')) alerts.draw(model.notifications);
    if (changed.has('settings') && model.settings !== undefined) alerts.drawSettings(model.settings);
    if (changed.has('checkers')) checkers.draw(model);
    changed.clear();
  }
}
