import type { Call } from '@muster/protocol';
import type { ProcessPlace } from '../process/run-process.js';

/** One call of a batch, where it runs, and how it is known there. */
export interface CallToRun {
  readonly tick: string;
  readonly nonce: string;
  readonly drone: string;
  readonly index: number;
  readonly call: Call;
  /** The tick's, in milliseconds, for messages. */
  readonly deadlineMs: number;
  readonly workdir?: string | undefined;
  readonly maxConcurrentCalls?: number | undefined;
  readonly onExit?: ProcessPlace['onExit'];
}

/**
 * What stands in MUSTER_MARK: no mark begins another, and no other installation has the same.
 * All of a tick begin with its id and a slash.
 */
export function markOf({
  tick,
  nonce,
  drone,
  index,
}: Pick<CallToRun, 'tick' | 'nonce' | 'drone' | 'index'>): string {
  return `${tick}/${nonce}/${drone}/${String(index)};`;
}
