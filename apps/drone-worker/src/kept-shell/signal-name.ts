import { constants } from 'node:os';

/** The name of a signal of Linux by its number. */
export function signalNamed(number: number): string {
  const named = Object.entries(constants.signals).find(([, value]) => value === number);
  return named?.[0] ?? `SIG${String(number)}`;
}
