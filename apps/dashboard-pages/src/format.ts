/** Numbers and times as people read them. */
import { formatDuration } from '@muster/protocol';

/** `14:02:11`, or `Nov 24, 14:02:11` where it was not today. */
export function clock(at: number, now = Date.now()): string {
  const date = new Date(at);
  // Not by `Intl`: its first use in a page takes as long as all else that is drawn.
  const [, month = '', day = ''] = date.toDateString().split(' ');
  const [time = ''] = date.toTimeString().split(' ');
  const isToday = date.toDateString() === new Date(now).toDateString();
  return isToday ? time : `${month} ${String(Number(day))}, ${time}`;
}

/** `3m ago`, in one unit. */
export function ago(at: number, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - at) / 1_000));
  if (seconds < 60) return `${String(seconds)}s ago`;
  if (seconds < 3_600) return `${String(Math.floor(seconds / 60))}m ago`;
  if (seconds < 86_400) return `${String(Math.floor(seconds / 3_600))}h ago`;
  return `${String(Math.floor(seconds / 86_400))}d ago`;
}

export function duration(milliseconds: number): string {
  return formatDuration(Math.round(milliseconds));
}

/** `12,345`. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** With a full stop, where it has no end of its own. */
export function sentence(text: string): string {
  return /[.…!?]$/.test(text) ? text : `${text}.`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}
