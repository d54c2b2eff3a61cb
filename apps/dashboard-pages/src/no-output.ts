/** Why nothing is shown that a call printed: of one that did not succeed nothing is kept but its error's message. */
import type { CallProgress, CallStatus } from '@muster/protocol';

const WORDS: Readonly<Record<CallStatus | CallProgress, string>> = {
  ok: 'no output',
  failed: 'no output is kept of a call that failed',
  timed_out: 'no output is kept of a call that timed out',
  cancelled: 'no output is kept of a call that was cancelled',
  skipped: 'did not run',
  waiting: 'has not run yet',
  running: 'runs now',
  unknown: 'no output is known: the worker was lost while it ran',
};

export function noOutputWords(status: CallStatus | CallProgress): string {
  return WORDS[status];
}
