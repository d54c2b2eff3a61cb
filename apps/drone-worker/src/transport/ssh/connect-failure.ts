/**
 * From what went wrong while connecting to the failure of the drone. Decided by ssh2's `level`,
 * the error's code and how far the connection had come; free text only ends up in messages.
 */
import type { ConnectFailure } from '../transport.js';
import type { SshTarget } from './ssh-target.js';
import { systemErrorCode } from './system-error.js';

/** What the connection was waiting for. */
export type Phase = 'connect' | 'banner' | 'key exchange' | 'authentication';

/** Reasons of SSH_MSG_DISCONNECT, RFC 4253 section 11.1. */
const PROTOCOL_ERROR = 2;
const TOO_MANY_CONNECTIONS = 12;
const REFUSES_US = new Set([1, 14, 15]);

export interface Trouble {
  readonly target: SshTarget;
  readonly phase: Phase;
  /** What ssh2 or the socket reported; null when the connection just closed. */
  readonly error: Error | null;
  /** What the server wrote instead of a banner. */
  readonly greeting: string;
}

export interface Diagnosis {
  readonly failure: ConnectFailure;
  /** The server may take us a moment later: it turns connections away before the banner when it is over its limit (sshd_config(5), MaxStartups). */
  readonly busy: boolean;
}

export function diagnose(trouble: Trouble): Diagnosis {
  const { error, phase } = trouble;
  const where = onPort(trouble.target);
  if (error === null) return closed(trouble);
  const level = 'level' in error ? error.level : undefined;
  if (level === 'client-socket') return socketFailure(trouble, error);
  if (level === 'protocol' && phase === 'banner') return closed(trouble);
  if (level === undefined && 'code' in error && typeof error.code === 'number') {
    return disconnected(trouble, error.code, error.message);
  }
  const what = phase === 'banner' ? 'no SSH server' : `the ${phase} failed`;
  return unreachable(`${what}${where}: ${oneLine(error.message)}`);
}

/**
 * Reasons leave the drone's own address out, so that drones which share a reason fold into one
 * line of the tick's failure. A port is named where it is not the usual one.
 */
function onPort({ port }: SshTarget): string {
  return port === 22 ? '' : ` on port ${String(port)}`;
}

/** The address, where it is not the drone's name. */
function hostOf({ drone, address }: SshTarget): string {
  return address === drone ? '' : `: ${address}`;
}

/** The attempt took longer than `timeoutMs`. */
export function timedOut({ target, phase }: Trouble, timeoutMs: number): ConnectFailure {
  const where = onPort(target);
  const limit = inWords(timeoutMs);
  switch (phase) {
    case 'connect':
      return { kind: 'unreachable', message: `connect timed out after ${limit}` };
    case 'banner':
      return { kind: 'unreachable', message: `no SSH banner within ${limit}${where}` };
    case 'key exchange':
    case 'authentication':
      return { kind: 'unreachable', message: `no end of the ${phase} within ${limit}${where}` };
  }
}

/** The caller's signal aborted. */
export function gaveUp(target: SshTarget): ConnectFailure {
  return { kind: 'unreachable', message: `gave up connecting${onPort(target)}` };
}

/** Reasons of SSH_MSG_CHANNEL_OPEN_FAILURE, RFC 4254 section 5.1. */
const PROHIBITED = 1;

/** The host on the way did not get us to the target: it says why. */
export function notForwarded({ jump, port }: SshTarget, error: unknown): string {
  const via = `jump host ${jump?.drone ?? ''}`;
  const to = port === 22 ? 'it' : `it on port ${String(port)}`;
  if (error instanceof Error && 'reason' in error && error.reason === PROHIBITED)
    return `${via} does not forward connections (AllowTcpForwarding, PermitOpen)`;
  const why = error instanceof Error ? error.message : String(error);
  return `${via} cannot reach ${to}: ${oneLine(why.replace(/^\(SSH\) Channel open failure: /, ''))}`;
}

/** The same failure, of the host on the way to others. */
export function onTheWay({ drone }: SshTarget, { kind, message }: ConnectFailure): ConnectFailure {
  return { kind, message: `jump host ${drone}: ${message}` };
}

function socketFailure(trouble: Trouble, error: Error): Diagnosis {
  const { target, phase } = trouble;
  const where = onPort(target);
  const code = systemErrorCode(error);
  switch (code) {
    case 'ECONNREFUSED':
      return unreachable(`connection refused${where}`);
    case 'ENOTFOUND':
      return unreachable(`no such host${hostOf(target)}`);
    case 'EAI_AGAIN':
      return unreachable(`no such host${hostOf(target)} (the name server does not answer)`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return unreachable('no route to the host');
    case 'ETIMEDOUT':
      return unreachable('connect timed out');
    case 'ECONNRESET':
    case 'EPIPE':
      return phase === 'connect' ? unreachable(`connection reset${where}`) : closed(trouble);
    case null:
    default:
      return unreachable(`cannot connect${where}: ${code ?? oneLine(error.message)}`);
  }
}

function closed({ target, phase, greeting }: Trouble): Diagnosis {
  const where = onPort(target);
  if (phase !== 'banner')
    return unreachable(`the server closed the connection${where} during the ${phase}`);
  const said = greeting.trim() === '' ? '' : ` (it said: ${oneLine(greeting)})`;
  const message = `the server closed the connection${where} before its SSH banner${said}`;
  return { ...unreachable(message), busy: true };
}

function disconnected({ target, phase }: Trouble, reason: number, text: string): Diagnosis {
  const message = `the server ended the ${phase}${onPort(target)}: ${oneLine(text)}`;
  // OpenSSH names no better reason than "protocol error" when it has seen enough wrong keys.
  const refused = reason === PROTOCOL_ERROR && phase === 'authentication';
  if (refused || REFUSES_US.has(reason)) {
    const failure: ConnectFailure = {
      kind: 'auth_failed',
      message: `user ${target.user}: ${message}`,
    };
    return { failure, busy: false };
  }
  return { ...unreachable(message), busy: reason === TOO_MANY_CONNECTIONS };
}

function unreachable(message: string): Diagnosis {
  return { failure: { kind: 'unreachable', message }, busy: false };
}

/** Text of a server, cut down to a line that is safe to print. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

/** Milliseconds as `10s` or `500ms`. */
export function inWords(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${Math.round(milliseconds)}ms`;
}
