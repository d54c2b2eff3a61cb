import { pingArgs } from '@muster/protocol';
import { describeExit } from './exec.js';
import { CallFailedError, type Method } from './define-methods.js';

/** The drone's time (ISO 8601): the cheapest proof that it answers. */
export const ping: Method = {
  args: pingArgs,
  effect: 'read',
  async run({ transport }) {
    if (transport.sharesClock) return { time: new Date().toISOString() };
    const outcome = await transport.run({ argv: ['date', '-u', '+%s'], maxOutputBytes: 64 });
    const seconds = Number(outcome.stdout);
    if (outcome.exitCode !== 0 || !Number.isFinite(seconds))
      throw new CallFailedError(describeExit(outcome));
    return { time: new Date(seconds * 1_000).toISOString() };
  },
};
