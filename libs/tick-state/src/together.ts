/** Many ask the same at the same time, as the batches of a tick do: they ask with one script, and are answered one by one. */
import type { TickStore } from './store.js';

/** Questions in one script at most: short enough not to hold up what others ask of Redis. */
const MOST = 100;
/** Characters in one script, beyond which no other question is added to it. */
const MOST_TEXT = 256 * 1024;

/**
 * Asks all that one group asks, of which `first` is one, for what all have in common; gives a reply for
 * each question, in their order.
 */
export type AskAll<Question, Reply> = (
  store: TickStore,
  questions: readonly Question[],
  first: Question,
) => Promise<readonly Reply[]>;

/** How much of one script a question fills that holds so many characters. */
export function shareOfText(characters: number): number {
  return Math.max(1 / MOST, characters / MOST_TEXT);
}

interface Waiting<Question, Reply> {
  readonly question: Question;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gives a function that asks one question. What a group asks while the event loop attends to
 * what has come in goes out together. Each question stands for itself; only an error is everyone's.
 * `shareOf` is how much of one script a question may fill; a script has room for 1.
 */
export function together<Question, Reply>(
  askAll: AskAll<Question, Reply>,
  groupOf: (question: Question) => string,
  shareOf: (question: Question) => number = () => shareOfText(0),
): (store: TickStore, question: Question) => Promise<Reply> {
  const byStore = new WeakMap<TickStore, Map<string, Waiting<Question, Reply>[]>>();

  const send = async (store: TickStore, some: readonly Waiting<Question, Reply>[]) => {
    const questions = some.map(({ question }) => question);
    const [first] = questions;
    if (first === undefined) return;
    try {
      const replies = await askAll(store, questions, first);
      for (const [index, { resolve, reject }] of some.entries()) {
        const reply = replies[index];
        if (reply === undefined)
          reject(new Error(`question ${String(index + 1)} of ${String(some.length)} got no reply`));
        else resolve(reply);
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  };

  const sendAll = (store: TickStore, groups: Iterable<readonly Waiting<Question, Reply>[]>) => {
    byStore.delete(store);
    for (const all of groups) {
      for (const some of piecesOf(all, ({ question }) => shareOf(question))) void send(store, some);
    }
  };

  return (store, question) =>
    new Promise((resolve, reject) => {
      let byGroup = byStore.get(store);
      if (byGroup === undefined) {
        const asked = new Map<string, Waiting<Question, Reply>[]>();
        byGroup = asked;
        byStore.set(store, asked);
        process.nextTick(() => {
          sendAll(store, asked.values());
        });
      }
      const waiting = { question, resolve, reject };
      const group = groupOf(question);
      const others = byGroup.get(group);
      if (others === undefined) byGroup.set(group, [waiting]);
      else others.push(waiting);
    });
}

/** For sums of shares, which are fractions. */
const FULL = 1 + 1e-9;

/** Pure: in their order, none fuller than it may be unless it is alone. */
function* piecesOf<T>(all: readonly T[], shareOf: (one: T) => number): Generator<T[], void> {
  let piece: T[] = [];
  let filled = 0;
  for (const one of all) {
    const share = shareOf(one);
    if (piece.length > 0 && filled + share > FULL) {
      yield piece;
      piece = [];
      filled = 0;
    }
    piece.push(one);
    filled += share;
  }
  yield piece;
}
