import type * as Dashboard from '@muster/dashboard';

/**
 * The dashboard stays out of the command's bundle: it is large, and most commands do not need it.
 * A module of its own, since the bundler leaves this one import as it is.
 */
export async function loadDashboard(): Promise<typeof Dashboard> {
  return await import('@muster/dashboard');
}
