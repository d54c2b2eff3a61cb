/** How outcomes look: a letter and a colour for each kind, so that neither alone has to be told apart. */
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

/** The outcome as it stands in text: its cell, then its name. */
export function OutcomeMark({ outcome }: { readonly outcome: Outcome | null }) {
  if (outcome === null) return <Mark kind="open" letter="–" words="not reported yet" />;
  const letter = outcome === 'ok' ? '' : OUTCOME_LETTERS[outcome];
  return <Mark kind={kindOf(outcome)} letter={letter} words={outcome} />;
}

export function Mark(props: {
  readonly kind: Kind;
  readonly letter: string;
  readonly words: string;
}) {
  return (
    <span class="mark">
      <span class={`cell ${props.kind}`} aria-hidden="true">
        {props.letter}
      </span>
      <span class="words">{props.words}</span>
    </span>
  );
}

const STATUS_KIND = { ok: 'ok', failed: 'call', cancelled: 'other', running: 'open' } as const;
const STATUS_LETTER = { ok: '✓', failed: '✗', cancelled: '–', running: '…' } as const;

export function StatusMark({ status }: { readonly status: keyof typeof STATUS_KIND }) {
  return <Mark kind={STATUS_KIND[status]} letter={STATUS_LETTER[status]} words={status} />;
}
