import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout, whatever directory the command was started from. */
export const WORKSPACE_ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
