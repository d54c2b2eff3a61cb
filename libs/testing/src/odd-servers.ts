/** Servers that misbehave in one way each. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export interface OddServer {
  readonly port: number;
  /** Connections that it has accepted so far. */
  readonly accepted: number;
  /** Cuts all connections and stops listening. May be called again. */
  stop(): Promise<void>;
}

/** Accepts and never says a word. */
export function startSilentServer(): Promise<OddServer> {
  return startServer(() => undefined);
}

/** Writes `text` to each connection, and closes it. */
export function startClosingServer(text: string): Promise<OddServer> {
  return startServer((socket) => {
    socket.end(text);
  });
}

/** Writes `text` again and again, as fast as it is read. */
export function startFloodingServer(text: string): Promise<OddServer> {
  return startServer((socket) => {
    const flood = () => {
      while (socket.writable && socket.write(text));
    };
    socket.on('drain', flood);
    flood();
  });
}

/** Counts and keeps its connections, so that they can be cut. */
export async function startServer(onConnection: (socket: Socket) => void): Promise<OddServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server: Server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return {
    port: address.port,
    get accepted() {
      return accepted;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
