/** What every answer says to the browser about what its page may do. */
const OWN =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** Bull Board has styles in its page, and a `<base>` for its links. */
const BULL_BOARD =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
  "img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'none'";

/**
 * `isTrusted`: the browser takes this address for one that nobody listens in on, HTTPS or loopback. At any
 * other it ignores COOP, and complains of it on each page.
 */
export function securityHeaders(path: string, isTrusted = false): Record<string, string> {
  return {
    ...(isTrusted && { 'cross-origin-opener-policy': 'same-origin' }),
    'content-security-policy': isUnder(path, '/queues') ? BULL_BOARD : OWN,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    // Not `no-referrer`: with it the browser hides from us where our own login form comes from.
    'referrer-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    'cache-control': 'no-store',
  };
}

/** Whether the path is that folder, or lies in it. */
export function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
