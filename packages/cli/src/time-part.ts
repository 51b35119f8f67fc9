/** The parts of a time that strftime knows by a letter, as far as they are the same everywhere, in local time. */

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const two = (value: number) => String(value).padStart(2, '0');
const name = (names: readonly string[], index: number) => names[index] ?? '';

/** Of `now`, in milliseconds since 1970; undefined for a letter without a meaning. `N` are nanoseconds. */
export function timePart(letter: string, now: number): string | undefined {
  const date = new Date(now);
  switch (letter) {
    case '@':
      return '@';
    case 'a':
      return name(days, date.getDay()).slice(0, 3);
    case 'A':
      return name(days, date.getDay());
    case 'b':
      return name(months, date.getMonth()).slice(0, 3);
    case 'B':
      return name(months, date.getMonth());
    case 'd':
      return two(date.getDate());
    case 'F':
      return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    case 'H':
      return two(date.getHours());
    case 'm':
      return two(date.getMonth() + 1);
    case 'M':
      return two(date.getMinutes());
    case 'N':
      return String(Math.round((now % 1_000) * 1_000_000)).padStart(9, '0');
    case 's':
      return String(Math.floor(now / 1_000));
    case 'S':
      return two(date.getSeconds());
    case 'T':
      return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
    case 'y':
      return two(date.getFullYear() % 100);
    case 'Y':
      return String(date.getFullYear());
    case 'z': {
      const minutes = -date.getTimezoneOffset();
      const absolute = Math.abs(minutes);
      return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}${two(absolute % 60)}`;
    }
    default:
      return undefined;
  }
}
