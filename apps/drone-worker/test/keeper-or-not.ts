/** The same drone, with a shell for each process, and with the keeper for all. */
import type { Session } from '../src/transport/transport.js';

export type Connect = () => Promise<Session>;

export function withoutKeeper(connect: Connect): Connect {
  return async () => {
    const session = await connect();
    return {
      sharesClock: session.sharesClock,
      openShell: (script, signal) => session.openShell(script, signal),
      keeper: () => Promise.resolve(null),
      startedKeeper: () => null,
      openFiles: (signal) => session.openFiles(signal),
      another: (signal) => session.another(signal),
      release: () => {
        session.release();
      },
    };
  };
}

export function withKeeper(connect: Connect): Connect {
  return async () => {
    const session = await connect();
    // The first process of a connection gets none.
    for (let asked = 0; asked < 2; asked += 1) {
      if ((await session.keeper(new AbortController().signal)) !== null) return session;
    }
    throw new Error('the drone gives no keeper');
  };
}
