import type { Credentials } from '@muster/dashboard';

/** Who may look at the dashboard, and whether they may change anything, in words for the log. */
export function accessText(
  credentials: Pick<Credentials, 'kinds'> | undefined,
  allowChanges: boolean,
): string {
  return `${waysIn(credentials)}; ${allowChanges ? 'changes allowed' : 'read-only'}`;
}

function waysIn(credentials: Pick<Credentials, 'kinds'> | undefined): string {
  if (credentials === undefined) return 'no credentials: this machine only';
  const { token, password } = credentials.kinds;
  const ways = [...(token ? ['a token'] : []), ...(password ? ['name and password'] : [])];
  return `log in with ${ways.join(', or with ')}`;
}
