/**
 * All deadlines of a broker, keep alive, session expiry and will delay, behind one timer of the clock.
 * Knows nothing of what the deadlines are for.
 */
import { BinaryHeap, type HeapEntry } from './binary-heap.js';
import type { Clock } from './clock.js';

const longestDelayMs = 2 ** 31 - 1;

/** A deadline; belongs to the queue that gave it. */
export interface Timer {
  /** False once it ran or was cancelled. */
  readonly isPending: boolean;
}

type Run<S> = (now: number, subject: S) => void;

class QueuedTimer implements Timer, HeapEntry {
  heapIndex = -1;
  /** The wanted time. `dueAt` may be earlier while a postponed timer waits for its old place to come up. */
  wantedAt: number;

  constructor(
    public dueAt: number,
    readonly run: Run<never>,
    readonly subject: unknown,
  ) {
    this.wantedAt = dueAt;
  }

  get isPending(): boolean {
    return this.heapIndex >= 0;
  }
}

/** Deadlines in order of time, any delay up to 2^53 ms; add, cancel and reschedule cost O(log n), postponing O(1). */
export class TimerQueue {
  readonly #clock: Clock;
  readonly #heap = new BinaryHeap<QueuedTimer>();
  #cancelWake: (() => void) | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  #running = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.size;
  }

  /**
   * Runs once when the clock reaches `dueAt`, never inside add() itself; `run` is given the time and the subject, so that what there is
   * ten thousand times needs no closure each.
   */
  add(dueAt: number, run: (now: number) => void): Timer;
  add<S>(dueAt: number, run: Run<S>, subject: S): Timer;
  add(dueAt: number, run: Run<never>, subject?: unknown): Timer {
    const timer = new QueuedTimer(dueAt, run, subject);
    this.#heap.push(timer);
    this.#arm();
    return timer;
  }

  /** Moves a timer to another time; one that ran or was cancelled is set again. */
  reschedule(timer: Timer, dueAt: number): void {
    const queued = timer as QueuedTimer;
    queued.wantedAt = dueAt;
    if (queued.isPending && dueAt >= queued.dueAt) return;
    queued.dueAt = dueAt;
    if (queued.isPending) this.#heap.moved(queued);
    else this.#heap.push(queued);
    this.#arm();
  }

  /** Forgets a timer; may be called twice and after it ran. */
  cancel(timer: Timer | undefined): void {
    if (timer === undefined) return;
    this.#heap.remove(timer as QueuedTimer);
    if (this.#heap.size === 0) this.#disarm();
  }

  /** Forgets all timers. */
  clear(): void {
    this.#heap.clear();
    this.#disarm();
  }

  #arm(): void {
    if (this.#running) return;
    const next = this.#heap.peek();
    if (next === undefined || next.dueAt >= this.#wakeAt) return;
    this.#cancelWake?.();
    this.#wakeAt = next.dueAt;
    const delayMs = Math.min(Math.max(Math.ceil(next.dueAt - this.#clock.now()), 0), longestDelayMs);
    this.#cancelWake = this.#clock.schedule(delayMs, () => this.#wake());
  }

  #disarm(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  #wake(): void {
    this.#cancelWake = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#running = true;
    const now = this.#clock.now();
    try {
      for (let next = this.#heap.peek(); next !== undefined && next.dueAt <= now; next = this.#heap.peek()) {
        if (next.wantedAt > next.dueAt) {
          next.dueAt = next.wantedAt;
          this.#heap.moved(next);
          continue;
        }
        this.#heap.remove(next);
        next.run(now, next.subject as never);
      }
    } finally {
      // A deadline that throws reaches the process as an uncaught error; the others still come up.
      this.#running = false;
      this.#arm();
    }
  }
}
