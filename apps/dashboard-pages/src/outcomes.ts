/** What outcomes mean to a reader: a letter for each, and a kind that has a colour. Pure. */
import { OUTCOME_LETTERS, OUTCOMES, type Outcome } from '@muster/protocol';

/** What is wrong, in kinds that need different hands. */
export type Kind = 'ok' | 'call' | 'link' | 'lost' | 'other' | 'open' | 'none' | 'off';

const KINDS: Readonly<Record<Outcome, Kind>> = {
  ok: 'ok',
  call_failed: 'call',
  timed_out: 'call',
  unreachable: 'link',
  auth_failed: 'link',
  host_key_mismatch: 'link',
  never_started: 'lost',
  worker_lost: 'lost',
  cancelled: 'other',
  quarantined: 'other',
  rejected: 'other',
};

const BY_LETTER = new Map<string, Outcome>(
  Object.entries(OUTCOME_LETTERS).map(([outcome, letter]) => [letter, outcome as Outcome]),
);

/** Letters of a cell that are no outcome's: not reported yet, not addressed, disabled. */
export const [OPEN, NONE, OFF] = ['-', ' ', 'd'];

/** Every letter that a cell may have, in the order in which they are explained. */
export const LETTERS: readonly string[] = [
  ...OUTCOMES.map((outcome) => OUTCOME_LETTERS[outcome]),
  OPEN,
  NONE,
  OFF,
];

export function kindOf(outcome: Outcome): Kind {
  return KINDS[outcome];
}

export function kindOfLetter(letter: string): Kind {
  if (letter === OPEN) return 'open';
  if (letter === OFF) return 'off';
  const outcome = BY_LETTER.get(letter);
  return outcome === undefined ? 'none' : KINDS[outcome];
}

export function wordsOf(letter: string): string {
  if (letter === OPEN) return 'not reported yet';
  if (letter === OFF) return 'disabled';
  return BY_LETTER.get(letter) ?? 'not addressed';
}

/** What stands in its cell, so that nobody has to tell colours apart; nothing in one that is ok. */
export function signOf(letter: string): string {
  if (letter === OPEN) return '…';
  if (letter === OFF) return '×';
  if (letter === OUTCOME_LETTERS.ok) return '';
  return BY_LETTER.has(letter) ? letter : '·';
}

/** One that is decided, and not ok. */
export function isBadLetter(letter: string): boolean {
  return letter !== 'o' && BY_LETTER.has(letter);
}
