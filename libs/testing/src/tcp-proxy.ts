/** A link that can be cut in the ways in which networks fail. */
import { connect, type Socket } from 'node:net';
import { startServer, type OddServer } from './odd-servers.js';

export interface TcpProxy extends OddServer {
  /** From now on bytes of the connections that there are go nowhere, and no one is told: half-open links. */
  freeze(): void;
  /** The same, and new connections are no better. */
  isolate(): void;
  /** Cuts what was frozen; new connections are forwarded again. */
  heal(): void;
  /** Isolates when `text` has come by; what asks with it gets through whole, and no answer comes back. */
  isolateAfter(text: string): Promise<void>;
}

/** Forwards to a port of this machine. Closes the first `drop` connections at once, as an sshd over its MaxStartups does. */
export async function startTcpProxy(toPort: number, drop = 0): Promise<TcpProxy> {
  const links = new Set<readonly [Socket, Socket]>();
  const frozen = new Set<Socket>();
  let dropped = 0;
  let isolated = false;
  let watch: { text: string; seen: () => void } | undefined;
  const freeze = () => {
    for (const link of links) {
      for (const socket of link) frozen.add(socket.unpipe().pause());
    }
    links.clear();
  };
  const isolate = () => {
    isolated = true;
    freeze();
  };
  /** The rest of the question may be in pieces that are still to come. */
  const isolateBut = (asking: readonly [Socket, Socket]) => {
    links.delete(asking);
    isolate();
    const [socket, onward] = asking;
    frozen.add(socket).add(onward.unpipe().pause());
  };
  const server = await startServer((socket) => {
    if (dropped < drop) {
      dropped += 1;
      socket.end();
      return;
    }
    if (isolated) {
      frozen.add(socket.pause());
      return;
    }
    const onward = connect(toPort, '127.0.0.1');
    const link = [socket, onward] as const;
    links.add(link);
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => {
      links.delete(link);
      onward.destroy();
    });
    socket.pipe(onward).pipe(socket);
    let last = '';
    socket.on('data', (chunk: Buffer) => {
      if (watch === undefined) return;
      last = last.slice(-watch.text.length) + chunk.toString('latin1');
      if (!last.includes(watch.text)) return;
      isolateBut(link);
      watch.seen();
      watch = undefined;
    });
  });
  return {
    port: server.port,
    get accepted() {
      return server.accepted;
    },
    freeze,
    isolate,
    heal: () => {
      isolated = false;
      for (const socket of frozen) socket.destroy();
      frozen.clear();
    },
    isolateAfter: (text) =>
      new Promise((resolve) => {
        watch = { text, seen: resolve };
      }),
    stop: () => server.stop(),
  };
}
