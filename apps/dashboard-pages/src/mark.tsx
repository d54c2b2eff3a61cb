/** How outcomes look: a letter and a colour, so that neither alone has to be told apart. */
import { OUTCOME_LETTERS, type Outcome } from '@muster/protocol';
import { kindOfLetter, OPEN, signOf, wordsOf, type Kind } from './outcomes.js';

/** The outcome as it stands in text: its cell, then its name. */
export function OutcomeMark({ outcome }: { readonly outcome: Outcome | null }) {
  return <LetterMark letter={outcome === null ? OPEN : OUTCOME_LETTERS[outcome]} />;
}

/** As a cell of the heat map has it, with what it means. */
export function LetterMark(props: { readonly letter: string; readonly words?: string }) {
  const { letter, words = wordsOf(letter) } = props;
  return <Mark kind={kindOfLetter(letter)} letter={signOf(letter)} words={words} />;
}

export function Mark(props: {
  readonly kind: Kind;
  readonly letter: string;
  readonly words: string;
  readonly isNotched?: boolean;
}) {
  const { kind, letter, words, isNotched = false } = props;
  return (
    <span class="mark">
      <span class={`cell ${kind}${isNotched ? ' notch' : ''}`} aria-hidden="true">
        {letter}
      </span>
      <span class="words">{words}</span>
    </span>
  );
}

const STATUS_KIND = { ok: 'ok', failed: 'call', cancelled: 'other', running: 'open' } as const;
const STATUS_LETTER = { ok: '✓', failed: '✗', cancelled: '–', running: '…' } as const;

export function StatusMark({ status }: { readonly status: keyof typeof STATUS_KIND }) {
  return <Mark kind={STATUS_KIND[status]} letter={STATUS_LETTER[status]} words={status} />;
}
