/** Runs services until a signal comes; a second signal does not wait. */
import { flushLogs, within, type Logger } from '@muster/runtime';
import { signalFilter } from './repeated-signal.js';

export interface Serving {
  /** Stops everything in good order. */
  stop(): Promise<void>;
  /** Told at a second signal: do not wait any longer. */
  hurry?(): void;
  /** Resolves when it cannot serve any longer, with why. */
  readonly lost?: Promise<string>;
}

/** How long a reader of the logs may take for the last of them, in milliseconds. */
const LAST_LOGS_MS = 1_000;

/** Gives the exit code: 0 after a signal, 3 when what it needs was lost. */
export async function serve(serving: Serving, log: Logger): Promise<number> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const isRepeated = signalFilter();
  let told = 0;
  const why = await new Promise<string | null>((resolve) => {
    for (const signal of signals) {
      process.on(signal, () => {
        if (isRepeated()) return;
        told += 1;
        if (told > 1) serving.hurry?.();
        else log.info({ signal }, 'stopping');
        resolve(null);
      });
    }
    void serving.lost?.then(resolve);
  });
  if (why !== null) log.fatal(why);
  await serving.stop();
  await within(LAST_LOGS_MS, flushLogs());
  return why === null ? 0 : 3;
}
