/** The same drone, with each of the ways in which its processes can be started. */
import { KeptShells } from '../src/kept-shell/kept-shells.js';
import { quote } from '../src/process/quote.js';
import { BOOT, encodeOrder } from '../src/process/start-order.js';
import { until } from '@muster/testing';
import type { Session } from '../src/transport/transport.js';

export type Connect = () => Promise<Session>;

/** A shell of its own for each. */
export function withoutKeeper(connect: Connect): Connect {
  return startedBy(connect, () => ({ get: () => Promise.resolve(null), close: () => undefined }));
}

/** What a drone without python3 gets: kept shells, but for those that read something. `sh` is their program. */
export function withKeptShells(connect: Connect, sh?: string): Connect {
  return startedBy(connect, (session) => {
    const open = async (script: string, signal: AbortSignal) => {
      if (sh === undefined) return session.openShell(script, signal);
      const shell = await session.openShell(BOOT, signal);
      shell.stdin.write(encodeOrder(`exec ${sh} -c ${quote(script)}`));
      return shell;
    };
    const shells = new KeptShells(open, () => false);
    return {
      get: async (signal, hasInput) => {
        if (hasInput) return null;
        const shell = await shells.get(signal);
        if (shell === null) throw new Error('the drone gives no kept shell');
        return (captures) => shell.open(captures);
      },
      close: () => {
        shells.close();
      },
    };
  });
}

interface Starters {
  readonly get: Session['starter'];
  readonly close: () => void;
}

function startedBy(connect: Connect, startersOf: (session: Session) => Starters): Connect {
  return async () => {
    const session = await connect();
    const starters = startersOf(session);
    return {
      sharesClock: session.sharesClock,
      openShell: (script, signal) => session.openShell(script, signal),
      starter: (signal, hasInput) => starters.get(signal, hasInput),
      startedKeeper: () => null,
      openFiles: (signal) => session.openFiles(signal),
      another: (signal) => session.another(signal),
      release: () => {
        starters.close();
        session.release();
      },
    };
  };
}

export function withKeeper(connect: Connect): Connect {
  return async () => {
    const session = await connect();
    await keeperIsThere(session);
    return session;
  };
}

/** Has the keeper started: from now on it starts the processes. */
export async function keeperIsThere(session: Session): Promise<void> {
  const { signal } = new AbortController();
  // The first process of a connection gets none.
  for (let asked = 0; asked < 2; asked += 1) await session.starter(signal, false);
  await until('the keeper is there', () => session.startedKeeper() !== null);
}
