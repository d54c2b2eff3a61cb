/** Many batches of a tick ask the same at the same time: they ask with one script, and are answered one by one. */
import type { TickStore } from './store.js';

/** Questions in one script at most: short enough not to hold up what others ask of Redis. */
const MOST = 100;
/** Characters in one script, beyond which no other question is added to it. */
const MOST_TEXT = 256 * 1024;

/** Asks of one tick; gives a reply for each question, in their order. */
export type AskAll<Question, Reply> = (
  store: TickStore,
  tick: string,
  questions: readonly Question[],
) => Promise<readonly Reply[]>;

interface Waiting<Question, Reply> {
  readonly question: Question;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gives a function that asks for one batch. What is asked of a tick while the event loop attends to
 * what has come in goes out together. Each question stands for itself; only an error is everyone's.
 * `textOf` is how much a question holds, in characters.
 */
export function together<Question extends { readonly tick: string }, Reply>(
  askAll: AskAll<Question, Reply>,
  textOf: (question: Question) => number = () => 0,
): (store: TickStore, question: Question) => Promise<Reply> {
  const byStore = new WeakMap<TickStore, Map<string, Waiting<Question, Reply>[]>>();

  const send = async (
    store: TickStore,
    tick: string,
    some: readonly Waiting<Question, Reply>[],
  ) => {
    try {
      const replies = await askAll(
        store,
        tick,
        some.map(({ question }) => question),
      );
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

  const sendAll = (store: TickStore, byTick: ReadonlyMap<string, Waiting<Question, Reply>[]>) => {
    byStore.delete(store);
    for (const [tick, all] of byTick) {
      for (const some of piecesOf(all, ({ question }) => textOf(question)))
        void send(store, tick, some);
    }
  };

  return (store, question) =>
    new Promise((resolve, reject) => {
      let byTick = byStore.get(store);
      if (byTick === undefined) {
        const asked = new Map<string, Waiting<Question, Reply>[]>();
        byTick = asked;
        byStore.set(store, asked);
        process.nextTick(() => {
          sendAll(store, asked);
        });
      }
      const waiting = { question, resolve, reject };
      const others = byTick.get(question.tick);
      if (others === undefined) byTick.set(question.tick, [waiting]);
      else others.push(waiting);
    });
}

/**
 * Resolves once what was asked before has been sent: what is asked on the same connection from then on reaches
 * Redis behind it. (Not where Redis did not know the script, after a restart: then it is sent once more.)
 */
export function sentTogether(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

/** Pure: in their order, none longer than it may be unless it is alone. */
function* piecesOf<T>(all: readonly T[], textOf: (one: T) => number): Generator<T[], void> {
  let piece: T[] = [];
  let text = 0;
  for (const one of all) {
    const more = textOf(one);
    if (piece.length > 0 && (piece.length === MOST || text + more > MOST_TEXT)) {
      yield piece;
      piece = [];
      text = 0;
    }
    piece.push(one);
    text += more;
  }
  yield piece;
}
