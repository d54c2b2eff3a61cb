/** A bar on a terminal while a tick runs, and nothing otherwise. */
import type { DroneEntry } from '@muster/protocol';
import { SingleBar } from 'cli-progress';
import { coloursFor } from './colours.js';

export interface Progress {
  reported(entry: DroneEntry): void;
  stop(): void;
}

export function startProgress(
  drones: number,
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  if (!stream.isTTY) return { reported: () => undefined, stop: () => undefined };
  const colours = coloursFor(stream);
  const bar = new SingleBar({
    stream,
    format: `${colours.green('{bar}')} {value}/{total} drones{bad} · {duration_formatted}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    clearOnComplete: true,
    hideCursor: true,
  });
  let bad = 0;
  bar.start(drones, 0, { bad: '' });
  return {
    reported({ outcome }) {
      if (outcome !== 'ok') bad += 1;
      bar.increment(1, { bad: bad === 0 ? '' : colours.red(` · ${String(bad)} bad`) });
    },
    stop() {
      bar.stop();
    },
  };
}
