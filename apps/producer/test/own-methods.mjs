/** Methods of a user's own, for the tests. */
import { defineMethods } from '@muster/drone-worker';
import { z } from 'zod';

export default defineMethods({
  /** Gives what it is given, and warns of what it is told to. */
  grumble: {
    args: z.strictObject({ about: z.array(z.string()), fail: z.boolean().default(false) }),
    effect: 'read',
    run({ warn }, { about, fail }) {
      for (const word of about) warn(word);
      if (fail) throw new Error('that was too much');
      return { said: about.length };
    },
  },

  /** Has nothing to say. */
  rest: { args: z.strictObject({}), effect: 'read', run: () => undefined },

  /** Fails in one of the ways that a careless method may. */
  blow: {
    args: z.strictObject({ how: z.enum(['error', 'nothing', 'later']) }),
    effect: 'read',
    async run(_context, { how }) {
      if (how === 'error') throw new TypeError('blown');
      if (how === 'nothing') throw undefined;
      await new Promise((resolve) => setImmediate(resolve));
      throw new RangeError('blown later');
    },
  },
});
