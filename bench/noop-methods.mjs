/** A call that costs nothing, with all that Muster does for one that must not start twice. */
import { defineMethods } from '@muster/drone-worker';
import { z } from 'zod';

export default defineMethods({
  noop: { args: z.strictObject({}), effect: 'once', run: () => 'done' },
});
