import { readRecord } from '@muster/tick-state';
import { EXIT } from '../exit-codes.js';
import { coloursFor } from '../output/colours.js';
import { print } from '../output/streams.js';
import { tickText } from '../output/tick-text.js';
import { requireTick, withStore } from './reading.js';

export async function runShow(
  tick: string,
  options: { redis?: string; json?: boolean },
): Promise<number> {
  return withStore(options.redis, async (store) => {
    const record = await readRecord(store, await requireTick(store, tick));
    await print(
      options.json === true
        ? `${JSON.stringify(record)}\n`
        : tickText(record, coloursFor(process.stdout)),
    );
    return EXIT.ok;
  });
}
