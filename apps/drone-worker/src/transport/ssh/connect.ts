/** One attempt at an authenticated connection: TCP, banner, key exchange, host key, authentication. */
import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { ConnectFailure } from '../transport.js';
import { offerKeys } from './authentication.js';
import {
  diagnose,
  gaveUp,
  notForwarded,
  timedOut,
  type Phase,
  type Trouble,
} from './connect-failure.js';
import { SshConnection } from './connection.js';
import type { Credentials } from './credentials.js';
import { hostKeyAlgorithms } from './host-key-algorithms.js';
import { judgeHostKey, recordHostKey } from './host-key-policy.js';
import { keyTypesFor } from './known-hosts.js';
import type { KnownHostsStore, LoadedKnownHosts } from './known-hosts-store.js';
import { endpoint, recordedAs, type SshTarget } from './ssh-target.js';
import { writeTogether } from './write-together.js';

export interface ConnectRequest {
  readonly target: SshTarget;
  readonly credentials: Credentials;
  readonly known: LoadedKnownHosts;
  readonly store: KnownHostsStore;
  /** The connection to the host on the way, where there is one. */
  readonly through: SshConnection | undefined;
  /** What is left of the time for connecting, milliseconds. */
  readonly timeoutMs: number;
  /** The whole of that time, for messages. */
  readonly totalMs: number;
  readonly keepAliveMs: number;
  readonly keepAliveMisses: number;
  /** The server has said that it speaks SSH. */
  readonly onBanner: () => void;
}

export type ConnectAttempt =
  | { readonly ok: true; readonly connection: SshConnection }
  | {
      readonly ok: false;
      readonly failure: ConnectFailure;
      /** `busy`: another attempt may succeed soon; `late`: the time was up; `final`: for good. */
      readonly end: 'busy' | 'late' | 'final';
    };

/** As much as is kept of what a server writes before its banner. */
const MAX_GREETING = 8192;
/** How long one of a host name's addresses may take before the next is tried; Node's own 250 ms is too little for far machines. */
const NEXT_ADDRESS_MS = 2_000;

/** Never rejects. Nothing is left behind when it fails. */
export function connectOnce(request: ConnectRequest, signal: AbortSignal): Promise<ConnectAttempt> {
  const { target, known } = request;
  return new Promise((resolve) => {
    let open = true;
    let phase: Phase = 'connect';
    let greeting = '';
    let newHostKey: Buffer | null = null;
    const trouble = (error: Error | null): Trouble => ({ target, phase, error, greeting });

    const settle = (attempt: ConnectAttempt) => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (!attempt.ok) socket?.destroy();
      resolve(attempt);
    };
    const fail = (kind: ConnectFailure['kind'], message: string) => {
      settle({ ok: false, failure: { kind, message }, end: 'final' });
    };
    const failFor = (error: Error | null) => {
      const { failure, busy } = diagnose(trouble(error));
      settle({ ok: false, failure, end: busy ? 'busy' : 'final' });
    };
    const onAbort = () => {
      settle({ ok: false, failure: gaveUp(target), end: 'final' });
    };
    const onClosed = () => {
      if (open) failFor(null);
    };
    const timer = setTimeout(() => {
      settle({ ok: false, failure: timedOut(trouble(null), request.totalMs), end: 'late' });
    }, request.timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });

    let socket: Duplex | undefined;
    const client = new ssh2.Client();
    client
      .on('connect', () => {
        phase = 'banner';
      })
      .on('handshake', () => {
        phase = 'authentication';
      })
      .on('ready', () => {
        if (socket === undefined) return;
        settle({ ok: true, connection: new SshConnection(endpoint(target), client, socket) });
      })
      .on('error', (error) => {
        if (!open) return;
        // Of these two ssh2 goes on to the next key by itself.
        if (error.level === 'agent' || error.level === 'client-authentication') return;
        failFor(error);
      })
      .on('end', onClosed)
      .on('close', onClosed);

    const recordNewKey = async () => {
      if (newHostKey === null) return true;
      const refusal = await recordHostKey(target, request.store, newHostKey);
      if (refusal !== null) fail('host_key_mismatch', refusal);
      return refusal === null;
    };
    const name = recordedAs(target);
    const speakOver = (link: Duplex) => {
      socket = link;
      writeTogether(link);
      client.connect({
        sock: link,
        username: target.user,
        // Our own timer covers the whole attempt, and starts before the connect.
        readyTimeout: 0,
        keepaliveInterval: request.keepAliveMs,
        keepaliveCountMax: request.keepAliveMisses,
        algorithms: {
          serverHostKey: hostKeyAlgorithms(keyTypesFor(known.files, name.host, name.port)),
        },
        hostVerifier: (key: Buffer) => {
          const judged = judgeHostKey(target, known, key);
          if (judged.decision === 'refuse') fail('host_key_mismatch', judged.message);
          if (judged.decision === 'record') newHostKey = key;
          return judged.decision !== 'refuse';
        },
        authHandler: offerKeys({
          user: target.user,
          credentials: request.credentials,
          // Here the key exchange has proven that the server owns its host key.
          mayStart: recordNewKey,
          onExhausted: (message) => {
            fail('auth_failed', message);
          },
          isOpen: () => open,
        }),
      });
      const onData = (chunk: Buffer) => {
        greeting = (greeting + chunk.toString('latin1')).slice(-MAX_GREETING);
        if (!/^SSH-/m.test(greeting)) return;
        phase = 'key exchange';
        link.off('data', onData);
        request.onBanner();
      };
      link.on('data', onData);
    };
    if (request.through === undefined) {
      speakOver(
        createConnection({
          host: target.address,
          port: target.port,
          noDelay: true,
          autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
        }),
      );
      return;
    }
    request.through.forward(target.address, target.port).then(
      (link) => {
        if (!open) {
          link.destroy();
          return;
        }
        phase = 'banner';
        speakOver(link);
      },
      (error: unknown) => {
        fail('unreachable', notForwarded(target, error));
      },
    );
  });
}
