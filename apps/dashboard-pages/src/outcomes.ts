/** What outcomes mean to a reader: a letter for each, and a kind that has a colour. Pure. */
import { OUTCOME_LETTERS, type Outcome } from '@muster/protocol';

/** What is wrong, in kinds that need different hands. */
export type Kind = 'ok' | 'call' | 'link' | 'lost' | 'other' | 'open' | 'none';

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

export function kindOf(outcome: Outcome): Kind {
  return KINDS[outcome];
}

export function kindOfLetter(letter: string): Kind {
  if (letter === '-') return 'open';
  const outcome = BY_LETTER.get(letter);
  return outcome === undefined ? 'none' : KINDS[outcome];
}

export function wordsOf(letter: string): string {
  if (letter === '-') return 'not reported yet';
  return BY_LETTER.get(letter) ?? 'not addressed';
}

/** One that is decided, and not ok. */
export function isBadLetter(letter: string): boolean {
  return letter !== 'o' && BY_LETTER.has(letter);
}
