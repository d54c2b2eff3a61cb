/** Signals that interrupt a command which has something to clean up and something to say. */
import { SIGNAL_EXIT, type EndingSignal } from './exit-codes.js';
import { signalFilter } from './repeated-signal.js';

export interface Interruption {
  /** The first signal that came, or null. */
  signal(): EndingSignal | null;
  readonly aborted: AbortSignal;
  /** Calls at the first signal, or at once if it has come; gives the way to stop listening. */
  onSignal(listener: (signal: EndingSignal) => void): () => void;
  stop(): void;
}

/** A second signal does not wait for anything: what we started ends with us. */
export function listenForSignals(): Interruption {
  const controller = new AbortController();
  const isRepeated = signalFilter();
  let first: EndingSignal | null = null;
  const heard = (signal: EndingSignal) => {
    if (isRepeated()) return;
    if (first !== null) process.exit(SIGNAL_EXIT[signal]);
    first = signal;
    controller.abort();
  };
  const signals = Object.keys(SIGNAL_EXIT) as EndingSignal[];
  for (const signal of signals) process.on(signal, heard);
  return {
    signal: () => first,
    aborted: controller.signal,
    onSignal: (listener) => {
      const tell = () => {
        if (first !== null) listener(first);
      };
      if (first !== null) tell();
      controller.signal.addEventListener('abort', tell, { once: true });
      return () => {
        controller.signal.removeEventListener('abort', tell);
      };
    },
    stop: () => {
      for (const signal of signals) process.off(signal, heard);
    },
  };
}
