/** Ends what runs on a drone, and finds out whether it is gone. */
import { randomBytes } from 'node:crypto';
import { within } from '@muster/runtime';
import type { Session } from '../transport/transport.js';
import { AfterMarker } from './after-marker.js';
import { LastOutput } from './last-output.js';
import type { Ended, ToEnd } from './to-end.js';
import { BOOT, encodeOrder, endOrder, READY } from './start-order.js';

/** Milliseconds for the whole: a report does not wait for it so long, but what runs shall end. */
const BOUND_MS = 15_000;
/** Milliseconds after which a session that gives no shell is not waited for alone. */
const SILENT_MS = 300;

/** Whatever went wrong on the way: we do not know that it is gone, and say so. */
const NOT_KNOWN: Ended = { ended: 'unconfirmed', found: false };

/**
 * Ends a process group, and what else carries the mark: through the keeper of this session's
 * connection, or else through a second shell; where those say nothing, through a shell over
 * another connection. Never rejects.
 */
export async function endProcess(session: Session, toEnd: ToEnd): Promise<Ended> {
  const bound = AbortSignal.timeout(BOUND_MS);
  const kept = endThroughKeeper(session, toEnd, bound);
  if (kept !== null && (await within(SILENT_MS, kept.opened)) === true) {
    const answer = await kept.answer;
    if (answer !== null) return answer;
  }
  const here = endOver(session, toEnd, bound);
  if ((await within(SILENT_MS, here.opened)) === true) return (await here.answer) ?? NOT_KNOWN;
  const elsewhere = endOverAnother(session, toEnd, bound);
  return firstOf([here.answer, elsewhere, ...(kept === null ? [] : [kept.answer])]);
}

interface Ending {
  /** Whether a shell was there to be told. */
  readonly opened: Promise<boolean>;
  /** Null when no answer came. */
  readonly answer: Promise<Ended | null>;
}

function endThroughKeeper(session: Session, toEnd: ToEnd, bound: AbortSignal): Ending | null {
  const keeper = session.startedKeeper();
  if (keeper === null) return null;
  let begin: (opened: boolean) => void = () => undefined;
  const opened = new Promise<boolean>((resolve) => {
    begin = resolve;
  });
  const onBegin = () => {
    begin(true);
  };
  const answer = keeper.end(toEnd, onBegin, bound).finally(() => {
    begin(false);
  });
  return { opened, answer };
}

function endOver(session: Session, toEnd: ToEnd, bound: AbortSignal): Ending {
  let settle: (opened: boolean) => void = () => undefined;
  const opened = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  const isThere = () => {
    settle(true);
  };
  const answer = askToEnd(session, toEnd, bound, isThere)
    .catch(() => null)
    .finally(() => {
      settle(false);
    });
  return { opened, answer };
}

async function endOverAnother(
  session: Session,
  toEnd: ToEnd,
  bound: AbortSignal,
): Promise<Ended | null> {
  const other = await session.another(bound);
  if (other === null) return null;
  try {
    return await endOver(other, toEnd, bound).answer;
  } finally {
    other.release();
  }
}

/** The first answer that confirms, else what is known when all have answered. */
async function firstOf(answers: readonly Promise<Ended | null>[]): Promise<Ended> {
  const confirmed = answers.map(async (answer) => {
    const ended = await answer;
    if (ended?.ended !== 'confirmed') throw new Error('not confirmed');
    return ended;
  });
  return Promise.any(confirmed).catch(async () => {
    const all = await Promise.all(answers);
    return all.find((ended) => ended !== null) ?? NOT_KNOWN;
  });
}

async function askToEnd(
  session: Session,
  toEnd: ToEnd,
  bound: AbortSignal,
  isThere: () => void,
): Promise<Ended> {
  const nonce = randomBytes(8).toString('hex');
  const shell = await session.openShell(BOOT, bound);
  const word = new Promise<string>((resolve, reject) => {
    const answer = new AfterMarker(`${nonce}:`, resolve, () => undefined);
    const ready = new AfterMarker(READY, isThere, (chunk) => {
      answer.push(chunk);
    });
    shell.stdout.on('data', (chunk: Buffer) => {
      ready.push(chunk);
    });
    shell.stderr.resume();
    const output = LastOutput.of([shell.stdout]);
    shell.exited
      .then(() => output.done())
      .then(() => {
        reject(new Error('no answer'));
      }, reject);
    bound.addEventListener('abort', () => {
      reject(new Error('no answer in time'));
    });
  });
  shell.stdin.on('error', () => undefined);
  shell.stdin.end(encodeOrder(endOrder(toEnd, nonce)));
  try {
    const [state, found] = (await word).split(' ');
    return { ended: state === 'gone' ? 'confirmed' : 'unconfirmed', found: found === '1' };
  } finally {
    shell.close();
  }
}
