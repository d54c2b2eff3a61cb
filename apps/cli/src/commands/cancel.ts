import { InvalidInputError } from '@muster/protocol';
import { beginClosing } from '@muster/tick-state';
import { EXIT } from '../exit-codes.js';
import { print } from '../output/streams.js';
import { requireTick, withStore } from './reading.js';

export async function runCancel(
  tick: string,
  options: { redis?: string; reason: string },
): Promise<number> {
  return withStore(options.redis, async (store) => {
    await requireTick(store, tick);
    const reply = await beginClosing(store, tick, 'cancelled', options.reason);
    if (reply === 'closed') throw new InvalidInputError(`tick ${tick} has ended already`);
    await print(
      reply === 'begun' ? `tick ${tick} is being cancelled\n` : `tick ${tick} is ending already\n`,
    );
    return EXIT.ok;
  });
}
