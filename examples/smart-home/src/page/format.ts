/** How the page writes names, numbers and times. English, so that page and picture read the same everywhere. */
import type { Quantity } from '../house/topics.js';

const whole = new Intl.NumberFormat('en');
const shortTime = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});
const longTime = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const units: Record<Quantity, string> = { temperature: '°C', humidity: '%', load: '%', memory: '%' };
export const labels: Record<Quantity, string> = {
  temperature: 'Temperature',
  humidity: 'Humidity',
  load: 'Load',
  memory: 'Memory',
};

/** `living-room` → `Living room`. */
export function roomTitle(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const formatCount = (count: number) => whole.format(count);

/** A value with as many decimals as its quantity deserves. */
export function formatValue(quantity: Quantity, value: number): string {
  return value.toFixed(quantity === 'temperature' ? 1 : 0).replace('-', '−');
}

/** A moment of a room: the recording's clock is written as it stands, real time in the reader's zone. */
export const formatMoment = (time: number, live: boolean) => (live ? clock : shortTime).format(time);
export const formatHouseTime = (time: number) => longTime.format(time).replace(' at ', ', ');
export const formatSeconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
