import { transferArgs, type TransferArgs } from '@muster/protocol';
import type { Method } from './define-methods.js';
import { transferred } from './transferred.js';

/** Gets a file or a directory of the drone to the worker. */
export const get: Method<TransferArgs> = {
  args: transferArgs,
  effect: 'idempotent',
  run: (context, args) => transferred(context, { direction: 'get', ...args }),
};
