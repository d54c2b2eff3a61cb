/** From a target to an authenticated connection: credentials, known hosts, admission, attempts. */
import { delay } from '@muster/runtime';
import type { ConnectFailure } from '../transport.js';
import { nothingToOffer } from './authentication.js';
import { connectOnce, type ConnectAttempt } from './connect.js';
import { gaveUp } from './connect-failure.js';
import type { SshConnection } from './connection.js';
import { CredentialStore } from './credentials.js';
import { HandshakeGate } from './handshake-gate.js';
import { acceptableEntries, type KnownHostsFile } from './known-hosts.js';
import { KnownHostsStore } from './known-hosts-store.js';
import type { SshPoolSettings } from './pool-options.js';
import { endpoint, recordedAs, type SshTarget } from './ssh-target.js';

type Connected =
  | { readonly ok: true; readonly connection: SshConnection }
  | { readonly ok: false; readonly failure: ConnectFailure };

/** A server that has not shown its banner by then costs nothing but waiting. */
const STALLED_MS = 1_000;
/** Pause before the second attempt at a server that turned us away; doubles with each. Jittered. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export class Connector {
  readonly #credentials: CredentialStore;
  readonly #knownHosts = new KnownHostsStore();
  readonly #gate: HandshakeGate;

  constructor(private readonly options: SshPoolSettings) {
    this.#credentials = new CredentialStore(options.agentSocket);
    this.#gate = new HandshakeGate(options);
  }

  /**
   * Never rejects for what a drone can do wrong. `timeoutMs` bounds the attempts and the pauses
   * between them; waiting for admission, which is this worker's affair and must not make a drone
   * look unreachable, is bounded by `signal` alone. `through` is the connection to `target.jump`.
   */
  async connect(
    target: SshTarget,
    timeoutMs: number,
    signal: AbortSignal,
    through?: SshConnection,
  ): Promise<Connected> {
    const credentials = await this.#credentials.load(target);
    const nothing = nothingToOffer(target.user, credentials);
    if (nothing !== null) return { ok: false, failure: { kind: 'auth_failed', message: nothing } };
    const store = this.#knownHosts;
    const known = await store.load(target.knownHosts);
    const server = serverOf(known.files, target);

    const { keepAliveMs, keepAliveMisses } = this.options;
    const request = {
      target,
      credentials,
      known,
      store,
      through,
      totalMs: timeoutMs,
      keepAliveMs,
      keepAliveMisses,
    };
    let leftMs = timeoutMs;
    let turnedAway: ConnectAttempt | null = null;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const pass = await this.#gate.enter(endpoint(target), server, signal);
      if (pass === null) return { ok: false, failure: gaveUp(target) };
      const startedAt = performance.now();
      const stall = setTimeout(() => {
        pass.stalled();
      }, STALLED_MS);
      const onBanner = () => {
        clearTimeout(stall);
      };
      const attempt = await connectOnce({ ...request, timeoutMs: leftMs, onBanner }, signal);
      clearTimeout(stall);
      pass.done(lesson(attempt));
      if (attempt.ok || attempt.end === 'final') return attempt;
      // That it was turned away before says more than that the last attempt came to no end.
      if (attempt.end === 'late') return turnedAway ?? attempt;
      turnedAway = attempt;

      const jitteredMs = pauseMs * (0.5 + Math.random());
      leftMs -= performance.now() - startedAt + jitteredMs;
      if (leftMs <= 0) return attempt;
      if (!(await delay(jitteredMs, signal))) return { ok: false, failure: gaveUp(target) };
    }
  }
}

function lesson(attempt: ConnectAttempt): 'taken' | 'busy' | 'failed' {
  if (attempt.ok) return 'taken';
  return attempt.end === 'busy' ? 'busy' : 'failed';
}

/** Addresses with the same host key on record lead to the same server, or to clones of one, which does no harm here. */
function serverOf(files: readonly KnownHostsFile[], target: SshTarget): string | null {
  const { host, port } = recordedAs(target);
  const keys = acceptableEntries(files, host, port).map((entry) => entry.key.toString('base64'));
  return keys.sort()[0] ?? null;
}
