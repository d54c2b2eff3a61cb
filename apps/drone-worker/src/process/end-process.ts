/** Ends what runs on a drone, and finds out whether it is gone. */
import { randomBytes } from 'node:crypto';
import type { Session } from '../transport/transport.js';
import { AfterMarker } from './after-marker.js';
import { LastOutput } from './last-output.js';
import { BOOT, encodeOrder, endOrder } from './start-order.js';

/** Milliseconds for the whole: TERM, grace, KILL, proof, and a slow channel. */
const BOUND_MS = 3_000;

export interface ToEnd {
  /** The process group, where it is known. */
  readonly group?: number | undefined;
  /** What the marks of the processes begin with. */
  readonly mark: string;
  /** Milliseconds between TERM and KILL. */
  readonly graceMs: number;
}

export interface Ended {
  /** `confirmed`: neither the group nor a mark is alive, as seen on the drone. */
  readonly ended: 'confirmed' | 'unconfirmed';
  /** Whether there was anything to end. */
  readonly found: boolean;
}

/** Ends a process group, and what else carries `mark`, through a second shell. */
export async function endProcess(
  session: Session,
  { group, mark, graceMs }: ToEnd,
): Promise<Ended> {
  const nonce = randomBytes(8).toString('hex');
  const bound = AbortSignal.timeout(BOUND_MS);
  try {
    const shell = await session.openShell(BOOT, bound);
    const word = new Promise<string>((resolve, reject) => {
      const answer = new AfterMarker(`${nonce}:`, resolve, () => undefined);
      shell.stdout.on('data', (chunk: Buffer) => {
        answer.push(chunk);
      });
      shell.stderr.resume();
      const output = new LastOutput([shell.stdout]);
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
    shell.stdin.end(encodeOrder(endOrder(group ?? null, mark, graceMs, nonce)));
    try {
      const [state, found] = (await word).split(' ');
      return { ended: state === 'gone' ? 'confirmed' : 'unconfirmed', found: found === '1' };
    } finally {
      shell.close();
    }
  } catch {
    // Whatever went wrong on the way: we do not know that it is gone, and say so.
    return { ended: 'unconfirmed', found: false };
  }
}
