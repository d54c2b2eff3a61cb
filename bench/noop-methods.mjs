/** Calls that cost nothing, with all that Muster does for those that must not start twice. */
import { setTimeout } from 'node:timers/promises';
import { defineMethods } from '@muster/drone-worker';
import { z } from 'zod';

export default defineMethods({
  noop: { args: z.strictObject({}), effect: 'once', run: () => 'done' },
  /** Takes so many milliseconds. */
  pause: {
    args: z.strictObject({ ms: z.number() }),
    effect: 'once',
    run: (_context, { ms }) => setTimeout(ms, 'done'),
  },
  /** Gives so many bytes. */
  text: {
    args: z.strictObject({ bytes: z.number() }),
    effect: 'once',
    run: (_context, { bytes }) => 'x'.repeat(bytes),
  },
});
