/** What can be set about a worker's SSH connections. */
export interface SshPoolOptions {
  /** How long a connection is kept without a session, milliseconds. Default 300,000. */
  readonly idleMs?: number;
  /** Connections at once; idle ones are closed first. Default 1,000. */
  readonly maxConnections?: number;
  /** Handshakes at once. Default 50. */
  readonly maxHandshakes?: number;
  /** Handshakes at once with one address and port. Default 8. */
  readonly maxHandshakesPerAddress?: number;
  /** Interval of keep-alive messages, milliseconds. Default 5,000. */
  readonly keepAliveMs?: number;
  /** Keep-alive messages in a row that may stay unanswered. Default 3. */
  readonly keepAliveMisses?: number;
  /** How long a server may take to open a shell, milliseconds. Default 10,000. */
  readonly openTimeoutMs?: number;
  /** Told for each connection that has no keeper, or none any more. */
  readonly onFallback?: (where: string, why: string) => void;
  /** The socket of ssh-agent, or null for none. Default: `SSH_AUTH_SOCK`. */
  readonly agentSocket?: string | null;
}

export type SshPoolSettings = Required<SshPoolOptions>;

export function withDefaults(options: SshPoolOptions): SshPoolSettings {
  const agentOfThisUser = process.env['SSH_AUTH_SOCK'] ?? '';
  return {
    idleMs: 300_000,
    maxConnections: 1_000,
    maxHandshakes: 50,
    maxHandshakesPerAddress: 8,
    keepAliveMs: 5_000,
    keepAliveMisses: 3,
    openTimeoutMs: 10_000,
    onFallback: () => undefined,
    agentSocket: agentOfThisUser === '' ? null : agentOfThisUser,
    ...options,
  };
}
