/** Where Muster keeps what outlives a command: `MUSTER_STATE_DIR`, else `$XDG_STATE_HOME/muster`. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function stateDir(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['MUSTER_STATE_DIR'];
  if (own !== undefined && own !== '') return own;
  const xdg = env['XDG_STATE_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.local', 'state'), 'muster');
}
