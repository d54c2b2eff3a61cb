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
});
