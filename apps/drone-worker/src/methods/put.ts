import { transferArgs, type TransferArgs } from '@muster/protocol';
import type { Method } from './define-methods.js';
import { transferred } from './transferred.js';

/** Puts a file or a directory of the worker on the drone. */
export const put: Method<TransferArgs> = {
  args: transferArgs,
  effect: 'idempotent',
  run: (context, args) => transferred(context, { direction: 'put', ...args }),
};
